import {
  CloudFormationClient,
  CreateStackCommand,
  DescribeStacksCommand,
} from "@aws-sdk/client-cloudformation";
import { LambdaClient, ListFunctionsCommand, UpdateAliasCommand } from "@aws-sdk/client-lambda";
import { GetCallerIdentityCommand, STSClient } from "@aws-sdk/client-sts";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { evaluate } from "../support/aws/policy/evaluate.ts";
import { clientOptions, makeRepository, pushSample } from "../support/aws/push-sample.ts";
import { type LoopbackAws, startAws } from "../support/aws/start-aws.ts";
import { skipWithout } from "../support/tools.ts";

const ALIAS = { FunctionName: "iris", Name: "live", FunctionVersion: "2" };

function allowing(...statements: readonly object[]): object {
  return {
    Version: "2012-10-17",
    Statement: statements.map((statement) => ({ Effect: "Allow", Resource: "*", ...statement })),
  };
}

describe.skipIf(skipWithout("moto_server", "docker-registry"))("a principal with a policy", () => {
  let aws: LoopbackAws;
  beforeAll(async () => {
    aws = await startAws({ invoke: () => null });
  });
  afterAll(() => aws[Symbol.asyncDispose]());

  it("may do what it allows, and is told the action and the ARN of the rest", async () => {
    const environment = aws.withPolicy(allowing({ Action: ["lambda:List*", "lambda:getalias"] }));
    const lambda = new LambdaClient(clientOptions(aws, environment));
    expect((await lambda.send(new ListFunctionsCommand({}))).Functions).toEqual([]);
    await expect(lambda.send(new UpdateAliasCommand(ALIAS))).rejects.toMatchObject({
      name: "AccessDeniedException",
      message: expect.stringMatching(
        /^User: arn:aws:iam::123456789012:user\/limited-\d is not authorized to perform: lambda:UpdateAlias on resource: arn:aws:lambda:eu-west-1:123456789012:function:iris because no identity-based policy allows the lambda:UpdateAlias action$/,
      ),
    });
  });

  it("always may ask who it is", async () => {
    const sts = new STSClient(clientOptions(aws, aws.withPolicy(allowing())));
    expect(await sts.send(new GetCallerIdentityCommand({}))).toMatchObject({
      Account: "123456789012",
    });
  });

  it("needs the rights for all that its stacks make", async () => {
    const environment = aws.withPolicy(
      allowing(
        { Action: "cloudformation:*" },
        { Action: ["logs:CreateLogGroup", "logs:DeleteLogGroup"] },
      ),
    );
    const formation = new CloudFormationClient(clientOptions(aws, environment));
    const TemplateBody = JSON.stringify({
      Resources: {
        Logs: { Type: "AWS::Logs::LogGroup" },
        Role: {
          Type: "AWS::IAM::Role",
          DependsOn: "Logs",
          Properties: { AssumeRolePolicyDocument: { Version: "2012-10-17", Statement: [] } },
        },
      },
    });
    const StackName = "limited";
    const Capabilities = ["CAPABILITY_IAM" as const];
    await formation.send(new CreateStackCommand({ StackName, TemplateBody, Capabilities }));
    const { Stacks } = await formation.send(new DescribeStacksCommand({ StackName }));
    expect(Stacks?.[0]?.StackStatus).toBe("ROLLBACK_COMPLETE");
  });

  it("pushes only to repositories that it may push to", async () => {
    await makeRepository(aws, "bento/iris");
    const environment = aws.withPolicy(
      allowing({ Action: ["ecr:GetAuthorizationToken", "ecr:BatchGetImage"] }),
    );
    const target = { repository: "bento/iris", tag: "v1", environment };
    await expect(pushSample(aws, "refused", target)).rejects.toThrow();
  });

  it("is refused with a wrong secret", async () => {
    const secret = { ...aws.environment, AWS_SECRET_ACCESS_KEY: "guess" };
    const lambda = new LambdaClient(clientOptions(aws, secret));
    await expect(lambda.send(new ListFunctionsCommand({}))).rejects.toMatchObject({
      name: "InvalidSignatureException",
    });
  });

  it("is nobody with another key", async () => {
    const lambda = new LambdaClient({
      ...clientOptions(aws),
      credentials: { accessKeyId: "AKIAUNKNOWN", secretAccessKey: "x" },
    });
    await expect(lambda.send(new ListFunctionsCommand({}))).rejects.toMatchObject({
      name: "UnrecognizedClientException",
    });
  });
});

describe("evaluate", () => {
  const permission = {
    action: "iam:PassRole",
    resource: "arn:aws:iam::123456789012:role/bento-iris",
    context: { "iam:PassedToService": "lambda.amazonaws.com" },
  };
  const passing = (condition: object, resource = "arn:aws:iam::*:role/bento-*") =>
    allowing({ Action: "iam:PassRole", Resource: resource, Condition: condition });
  const service = (value: string) => ({ StringEquals: { "iam:PassedToService": value } });

  it.each([
    ["a service that fits", passing(service("lambda.amazonaws.com")), "allow"],
    ["another service", passing(service("ec2.amazonaws.com")), "none"],
    ["another role", passing({}, "arn:aws:iam::*:role/other-*"), "none"],
    ["a key that is not there", passing({ StringLike: { "aws:CalledVia": "*" } }), "none"],
    ["one that may be absent", passing({ StringLikeIfExists: { "aws:CalledVia": "x" } }), "allow"],
    ["what it excludes", allowing({ NotAction: "iam:*" }), "none"],
    [
      "an explicit deny",
      {
        Statement: [
          { Effect: "Allow", Action: "*", Resource: "*" },
          { Effect: "Deny", Action: "iam:Pass*", Resource: "*" },
        ],
      },
      "deny",
    ],
  ])("answers for %s", (_, policy, verdict) => {
    expect(evaluate(policy, permission)).toBe(verdict);
  });
});
