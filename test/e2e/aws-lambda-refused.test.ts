/**
 * What goes wrong with deploys to AWS Lambda: the exit code, what is said, and that a second run repairs it.
 */
import { setTimeout as pause } from "node:timers/promises";
import { GetAliasCommand, LambdaClient, UpdateAliasCommand } from "@aws-sdk/client-lambda";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { CallFault, ResourceFault } from "../support/aws/faults.ts";
import type { Ran } from "../support/bento-process.ts";
import { DEPLOY, type LambdaStand, lambdaStand } from "../support/lambda-stand.ts";

const MS = 60_000;

let stand: LambdaStand;

beforeAll(async () => {
  stand = await lambdaStand();
  await must(DEPLOY);
}, 180_000);

afterAll(() => stand[Symbol.asyncDispose]());

async function must(line: string): Promise<Ran> {
  const ran = await stand.here(line);
  expect([ran.exitCode, ran.err]).toEqual([0, expect.not.stringContaining("error:")]);
  return ran;
}

/** The exit code and the error's lines. */
function refusal({ exitCode, err }: Ran): string {
  const at = err.indexOf("error:");
  return `exit ${exitCode}\n${at < 0 ? err : err.slice(at)}`.replaceAll(/[0-9a-f]{16}/g, "VERSION");
}

/** The environment of the stand without some variables. */
function without(...names: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    Object.entries(stand.aws.environment).filter(([name]) => !names.includes(name)),
  );
}

const NEXT = `${DEPLOY} --model iris=iris:v2`;

describe("bento deploy --platform aws-lambda refuses", () => {
  it(
    "no credentials",
    async () => {
      const ran = await stand.here(
        NEXT,
        without("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"),
      );
      expect(refusal(ran)).toMatchInlineSnapshot(`
        "exit 5
        error: no credentials for AWS: Could not load credentials from any providers
          at: the SDK's chain: environment, profile, SSO, web identity, instance
          do: log in with aws sso login, choose AWS_PROFILE=NAME, or in CI give the job an OIDC role
        "
      `);
      expect(ran.calls).toEqual([]);
    },
    MS,
  );

  it(
    "no region",
    async () => {
      const ran = await stand.here(
        `${NEXT} --name elsewhere`,
        without("AWS_REGION", "AWS_DEFAULT_REGION"),
      );
      expect(refusal(ran)).toMatchInlineSnapshot(`
        "exit 2
        error: no AWS region is set
          at: region
          do: name it with --region REGION, as region in bentofile.yaml's environment, or as AWS_REGION
        "
      `);
    },
    MS,
  );

  it.each<[string, string, readonly string[]]>([
    [
      "another region than it stands in",
      `${NEXT} --set region=us-east-1`,
      [
        "exit 4",
        "error: flowers is deployed in eu-west-1, not in us-east-1",
        "  at: deployment flowers, environment default",
        "  do: deploy to us-east-1 under another --name or --env, or destroy this one first",
      ],
    ],
    [
      "another account",
      `${NEXT} --set account=999999999999`,
      [
        "exit 2",
        "error: the credentials are of account 123456789012, not of 999999999999",
        "  at: arn:aws:iam::123456789012:user/admin",
        "  do: choose the profile of account 999999999999 with AWS_PROFILE=NAME, or mend account in bentofile.yaml",
      ],
    ],
    [
      "an image for another processor",
      `${NEXT} --set architecture=arm64`,
      [
        "exit 2",
        "error: image for linux/amd64: architecture arm64 runs linux/arm64",
        "  at: flowers:VERSION on aws-lambda",
        "  do: change these settings to what AWS Lambda takes",
      ],
    ],
    [
      "an image from another region",
      `${NEXT} --set repository=123456789012.dkr.ecr.us-east-1.amazonaws.com/flowers`,
      [
        "exit 2",
        "error: image repository in us-east-1: a function in eu-west-1 runs images of eu-west-1 alone; give the repository's name only and bento pushes there",
        "  at: flowers:VERSION on aws-lambda",
        "  do: change these settings to what AWS Lambda takes",
      ],
    ],
    [
      "a canary on a first deploy",
      `${NEXT} --name elsewhere --canary 10`,
      [
        "exit 2",
        "error: a canary of 10 % on a first deploy: no version stands that could take the other 90 %",
        "  at: --canary",
        "  do: deploy without --canary first; it is private until you let callers in",
      ],
    ],
    [
      "a secret in clear",
      `${NEXT} --set-env API_KEY=hunter2`,
      [
        "exit 2",
        "error: environment variable API_KEY in clear: give it as --secret API_KEY=ARN",
        "  at: flowers:VERSION on aws-lambda",
        "  do: change these settings to what AWS Lambda takes",
      ],
    ],
  ])(
    "%s, before anything is written",
    async (_what, line, told) => {
      const ran = await stand.here(line);
      expect(refusal(ran)).toBe(`${told.join("\n")}\n`);
      expect(ran.calls.filter(({ isWrite }) => isWrite)).toEqual([]);
    },
    MS,
  );

  it(
    "what the policy for promotions does not allow",
    async () => {
      const promote = stand.aws.withPolicy({
        Version: "2012-10-17",
        Statement: [{ Effect: "Allow", Action: ["sts:*", "lambda:*", "ecr:*"], Resource: "*" }],
      });
      const settings = await stand.here(`${NEXT} --set memoryMb=512`, promote);
      expect(refusal(settings)).toMatchInlineSnapshot(`
        "exit 5
        error: the settings of function flowers are not as desired, and only the deploy policy may change them
               not allowed: cloudformation:DescribeStacks on arn:aws:cloudformation:eu-west-1:123456789012:stack/bento-flowers/*
          at: arn:aws:iam::123456789012:user/limited-1
          do: deploy with the rights that bento deployment policy flowers --platform aws-lambda prints; or leave the settings as they are
        "
      `);
      const reader = stand.aws.withPolicy({
        Version: "2012-10-17",
        Statement: [
          {
            Effect: "Allow",
            Action: ["sts:*", "lambda:Get*", "lambda:List*", "ecr:*"],
            Resource: "*",
          },
        ],
      });
      expect(refusal(await stand.here(NEXT, reader))).toMatchInlineSnapshot(`
        "exit 5
        error: not allowed: lambda:UpdateFunctionCode on arn:aws:lambda:eu-west-1:123456789012:function:flowers
          at: arn:aws:iam::123456789012:user/limited-2
          do: rolled back: flowers:VERSION runs; let an administrator allow it; bento deployment policy flowers --platform aws-lambda prints all that is needed
        "
      `);
    },
    MS,
  );
});

describe("a deploy to aws-lambda goes on after", () => {
  it.each<[string, CallFault, readonly string[]]>([
    [
      "a token that expires",
      {
        service: "lambda",
        action: "PublishVersion",
        code: "ExpiredTokenException",
        message: "The security token included in the request is expired",
        status: 403,
        times: 9,
      },
      [
        "exit 5",
        "error: the credentials for AWS have ended: lambda:PublishVersion was refused",
        "  at: arn:aws:iam::123456789012:user/admin",
        "  do: rolled back: flowers:VERSION runs; renew them: aws sso login, another AWS_PROFILE, or in CI let the job take its OIDC role again; then run the same command",
      ],
    ],
    [
      "somebody who moves the alias",
      {
        service: "lambda",
        action: "UpdateAlias",
        code: "PreconditionFailedException",
        status: 412,
      },
      [
        "exit 4",
        "error: somebody else changed it meanwhile",
        "  at: arn:aws:lambda:eu-west-1:123456789012:function:flowers:live",
        "  do: rolled back: flowers:VERSION runs; look at the plan again and deploy",
      ],
    ],
    [
      "another deploy of the function",
      {
        service: "lambda",
        action: "UpdateFunctionCode",
        code: "ResourceConflictException",
        status: 409,
      },
      [
        "exit 4",
        "error: somebody else changed it meanwhile",
        "  at: arn:aws:lambda:eu-west-1:123456789012:function:flowers",
        "  do: rolled back: flowers:VERSION runs; look at the plan again and deploy",
      ],
    ],
  ])(
    "%s",
    async (_what, fault, told) => {
      const model = (await shown()).includes("iris:v2") ? "v1" : "v2";
      const line = `${DEPLOY} --model iris=iris:${model}`;
      stand.aws.fail(fault);
      expect(refusal(await stand.here(line))).toBe(`${told.join("\n")}\n`);
      stand.aws.clearFaults();
      expect((await must(`${line} --json`)).out).toContain('"outcome": "succeeded"');
    },
    MS,
  );

  it(
    "another deploy that got the traffic meanwhile, and that keeps it",
    async () => {
      const lambda = new LambdaClient({});
      const live = { FunctionName: "flowers", Name: "live" };
      stand.aws.fail({
        service: "lambda",
        action: "UpdateAlias",
        when: "before",
        async kill() {
          await lambda.send(new UpdateAliasCommand({ ...live, FunctionVersion: "1" }));
        },
      });
      const { FunctionVersion: before } = await lambda.send(new GetAliasCommand(live));
      const model = (await shown()).includes("iris:v2") ? "v1" : "v2";
      const line = `${DEPLOY} --model iris=iris:${model}`;
      expect(before).not.toBe("1");
      expect(refusal(await stand.here(line))).toMatchInlineSnapshot(`
        "exit 4
        error: somebody else changed it meanwhile
          at: arn:aws:lambda:eu-west-1:123456789012:function:flowers:live
          do: nothing was deployed; look at the plan again and deploy
        "
      `);
      stand.aws.clearFaults();
      expect(await lambda.send(new GetAliasCommand(live))).toMatchObject({ FunctionVersion: "1" });
      await must(line);
    },
    MS,
  );

  it(
    "throttling, without a word",
    async () => {
      stand.aws.fail({
        service: "lambda",
        action: "UpdateFunctionCode",
        code: "TooManyRequestsException",
        status: 429,
        times: 2,
      });
      const model = (await shown()).includes("iris:v2") ? "v1" : "v2";
      await must(`${DEPLOY} --model iris=iris:${model}`);
    },
    MS,
  );

  it(
    "a stack that was not made: delete and create, said first",
    async () => {
      const fault: ResourceFault = {
        resource: "AWS::Lambda::Function",
        operation: "create",
        reason: "Resource handler returned message: the account may run no more functions",
      };
      stand.aws.fail(fault);
      const line = `${DEPLOY} --name unborn`;
      expect(refusal(await stand.here(line))).toMatchInlineSnapshot(`
        "exit 6
        error: bento-unborn is ROLLBACK_COMPLETE: AWS::Lambda::Function Bento/Function (BentoFunction75D590F7) CREATE_FAILED: Resource handler returned message: the account may run no more functions
          at: arn:aws:cloudformation:eu-west-1:123456789012:stack/bento-unborn/ID
          do: nothing was deployed; CloudFormation has rolled it back; mend what it names, then deploy again, which deletes what is left of this stack
        "
      `);
      stand.aws.clearFaults();
      const plan = await must(`${line} --plan`);
      expect(plan.out.split("\n").slice(4).join("\n")).toMatchInlineSnapshot(`
        "  - delete   AWS::CloudFormation::Stack bento-unborn  [destroys]
              ROLLBACK_COMPLETE: CloudFormation takes no updates of it, only delete and create
          + create   AWS::CloudFormation::Stack bento-unborn
              the stack is ROLLBACK_COMPLETE
          + version  AWS::Lambda::Version unborn
              an immutable version is what traffic goes to, and the way back
          → traffic  AWS::Lambda::Alias unborn:live
              the first version
          ! no in-process batching here: one request per environment; use managed instances or a queue
        "
      `);
      const ran = await must(line);
      expect(
        ran.calls
          .filter(({ isWrite, service }) => isWrite && service !== "ecr")
          .map(({ action }) => action),
      ).toMatchInlineSnapshot(`
        [
          "DeleteStack",
          "CreateChangeSet",
          "ExecuteChangeSet",
        ]
      `);
    },
    MS,
  );

  it(
    "a stack at work: it is waited for",
    async () => {
      const release = stand.aws.hold("AWS::Lambda::Function");
      const line = `${DEPLOY} --name busy`;
      const running = stand.start(line);
      while (!isExecuted("bento-busy")) {
        await pause(50);
      }
      running.kill();
      await running.ended;
      const plan = await must(`${line} --plan`);
      expect(plan.out).toContain("stack bento-busy is CREATE_IN_PROGRESS");
      stand.aws.clearCalls();
      const again = stand.here(line);
      while (!isWatched("bento-busy")) {
        await pause(50);
      }
      release();
      expect(refusal(await again)).toContain("exit 0");
    },
    MS,
  );
});

function isExecuted(stack: string): boolean {
  return stand.aws.calls.some(
    ({ action, parameters }) =>
      action === "ExecuteChangeSet" && JSON.stringify(parameters).includes(stack),
  );
}

/** Since the calls were last forgotten. */
function isWatched(stack: string): boolean {
  return stand.aws.calls.some(
    ({ action, parameters }) =>
      action === "DescribeStackEvents" && JSON.stringify(parameters).includes(stack),
  );
}

/** The model of what stands. */
async function shown(): Promise<string> {
  return (await must("deployment get flowers --platform aws-lambda --json")).out;
}
