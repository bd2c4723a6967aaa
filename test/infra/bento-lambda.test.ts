import { join } from "node:path";
import { App, Duration, Lazy, Size, Stack } from "aws-cdk-lib";
import { Match, Template } from "aws-cdk-lib/assertions";
import { SecurityGroup, Vpc } from "aws-cdk-lib/aws-ec2";
import { Repository } from "aws-cdk-lib/aws-ecr";
import { Role, ServicePrincipal } from "aws-cdk-lib/aws-iam";
import { Architecture } from "aws-cdk-lib/aws-lambda";
import { LogGroup, RetentionDays } from "aws-cdk-lib/aws-logs";
import { describe, expect, it } from "vitest";
import { canonicalJson } from "../../core/canonical-json.ts";
import { digestOf } from "../../core/digest.ts";
import { BentoCompute } from "../../infra/bento-compute.ts";
import { BentoImage } from "../../infra/bento-image.ts";
import { BentoLambda } from "../../infra/bento-lambda.ts";
import type { BentoLambdaProps } from "../../infra/bento-lambda-props.ts";
import { expectGolden } from "../support/golden-file.ts";

const DIGEST = digestOf("image");

/** A stack with one bento in it, made from what a test gives. */
function bentoStack(make: (stack: Stack) => Partial<BentoLambdaProps> = () => ({})) {
  const stack = new Stack(new App(), "Shop");
  const repository = Repository.fromRepositoryName(stack, "Images", "bento/iris");
  const image = BentoImage.fromEcr({ repository, digest: DIGEST });
  const bento = new BentoLambda(stack, "Iris", { image, ...make(stack) });
  return { stack, bento, template: () => Template.fromStack(stack) };
}

function problemsOf(props: Partial<BentoLambdaProps>): string {
  try {
    bentoStack(() => props);
  } catch (error) {
    expect(error).toMatchObject({ code: "BENTO_INVALID_INPUT", where: "Shop/Iris" });
    return error instanceof Error ? error.message : "";
  }
  return "no problem";
}

describe("BentoLambda", () => {
  it("needs only an image", async () => {
    const { template } = bentoStack();
    const text = `${canonicalJson(template().toJSON(), 2)}\n`;
    await expectGolden(join(import.meta.dirname, "golden", "bento-lambda.json"), text);
  });

  it("never renames its logical ids", () => {
    const resources = Object.keys(bentoStack().template().toJSON()["Resources"]);
    expect(resources.map((id) => id.replace(/(Version[0-9A-F]{8})[0-9a-f]+$/, "$1…"))).toEqual([
      "IrisLogsBA40F2D7",
      "IrisRole2DCA6FF0",
      "IrisRoleDefaultPolicy1C2614E4",
      "IrisFunctionD0561AE8",
      "IrisFunctionCurrentVersion542D3F1F…",
      "IrisLiveD3F62FD2",
    ]);
  });

  it("sets the function as its props say", () => {
    const { template } = bentoStack(() => ({
      functionName: "iris-prod",
      description: "iris_classifier:v1",
      architecture: Architecture.ARM_64,
      memory: Size.gibibytes(2),
      timeout: Duration.minutes(2),
      ephemeralStorage: Size.gibibytes(1),
      environment: { LEVEL: "3" },
      compute: BentoCompute.standard({ reservedConcurrency: 5 }),
      logRetention: RetentionDays.ONE_WEEK,
    }));
    template().hasResourceProperties("AWS::Lambda::Function", {
      FunctionName: "iris-prod",
      Description: "iris_classifier:v1",
      PackageType: "Image",
      Code: {
        ImageUri: {
          "Fn::Join": ["", Match.arrayWith([Match.stringLikeRegexp(`/bento/iris@${DIGEST}$`)])],
        },
      },
      Architectures: ["arm64"],
      MemorySize: 2048,
      Timeout: 120,
      EphemeralStorage: { Size: 1024 },
      Environment: { Variables: { LEVEL: "3" } },
      ReservedConcurrentExecutions: 5,
      ImageConfig: Match.absent(),
    });
    template().hasResourceProperties("AWS::Logs::LogGroup", { RetentionInDays: 7 });
  });

  it("is private", () => {
    const made = bentoStack().template();
    made.resourceCountIs("AWS::Lambda::Url", 0);
    made.resourceCountIs("AWS::Lambda::Permission", 0);
  });

  it("keeps the version of each deploy as the way back", () => {
    const made = bentoStack().template();
    made.hasResource("AWS::Lambda::Version", {
      DeletionPolicy: "Retain",
      UpdateReplacePolicy: "Retain",
    });
    made.hasResourceProperties("AWS::Lambda::Alias", {
      Name: "live",
      RoutingConfig: Match.absent(),
    });
  });

  it("lets those call its alias who are granted to", () => {
    const { stack, bento, template } = bentoStack();
    const caller = new Role(stack, "Caller", {
      assumedBy: new ServicePrincipal("ecs.amazonaws.com"),
    });
    bento.grantInvoke(caller);
    template().hasResourceProperties("AWS::IAM::Policy", {
      PolicyDocument: {
        Statement: [
          Match.objectLike({
            Action: "lambda:InvokeFunction",
            Resource: { Ref: "IrisLiveD3F62FD2" },
          }),
        ],
      },
    });
  });

  it("takes a role, a log group, a network and security groups that are there already", () => {
    const { template } = bentoStack((stack) => ({
      role: Role.fromRoleArn(stack, "Mine", "arn:aws:iam::123456789012:role/mine", {
        mutable: false,
      }),
      logGroup: LogGroup.fromLogGroupName(stack, "Log", "/mine"),
      vpc: Vpc.fromVpcAttributes(stack, "Vpc", {
        vpcId: "vpc-1",
        availabilityZones: ["a"],
        privateSubnetIds: ["subnet-1"],
      }),
      securityGroups: [SecurityGroup.fromSecurityGroupId(stack, "Group", "sg-1")],
    }));
    const made = template();
    made.resourceCountIs("AWS::IAM::Role", 0);
    made.resourceCountIs("AWS::Logs::LogGroup", 0);
    made.hasResourceProperties("AWS::Lambda::Function", {
      Role: "arn:aws:iam::123456789012:role/mine",
      LoggingConfig: { LogGroup: "/mine" },
      VpcConfig: { SubnetIds: ["subnet-1"], SecurityGroupIds: ["sg-1"] },
    });
  });

  it("may reach the network by its own role when it is in a VPC", () => {
    const { template } = bentoStack((stack) => ({
      vpc: Vpc.fromVpcAttributes(stack, "Vpc", {
        vpcId: "vpc-1",
        availabilityZones: ["a"],
        privateSubnetIds: ["subnet-1"],
      }),
    }));
    template().hasResourceProperties("AWS::IAM::Role", {
      ManagedPolicyArns: [
        {
          "Fn::Join": [
            "",
            [
              "arn:",
              { Ref: "AWS::Partition" },
              ":iam::aws:policy/service-role/AWSLambdaVPCAccessExecutionRole",
            ],
          ],
        },
      ],
    });
  });

  it("leaves alone what CloudFormation computes", () => {
    const { template } = bentoStack(() => ({
      environment: { TABLE: Lazy.string({ produce: () => "t".repeat(5000) }) },
    }));
    template().resourceCountIs("AWS::Lambda::Function", 1);
  });

  it.each<[string, Partial<BentoLambdaProps>, string]>([
    [
      "too little memory",
      { memory: Size.mebibytes(127) },
      "memory 127 MB: a whole number from 128 to 10240 MB",
    ],
    [
      "too much memory",
      { memory: Size.gibibytes(11) },
      "memory 11264 MB: a whole number from 128 to 10240 MB",
    ],
    [
      "memory in parts",
      { memory: Size.kibibytes(2_000_000) },
      "memory 1953.125 MB: a whole number from 128 to 10240 MB",
    ],
    ["no timeout", { timeout: Duration.seconds(0) }, "timeout 0 s: a whole number from 1 to 900 s"],
    [
      "a long timeout",
      { timeout: Duration.minutes(16) },
      "timeout 960 s: a whole number from 1 to 900 s",
    ],
    [
      "half a second",
      { timeout: Duration.millis(500) },
      "timeout 0.5 s: a whole number from 1 to 900 s",
    ],
    [
      "a small /tmp",
      { ephemeralStorage: Size.mebibytes(100) },
      "/tmp 100 MB: a whole number from 512 to 10240 MB",
    ],
    [
      "a large /tmp",
      { ephemeralStorage: Size.gibibytes(20) },
      "/tmp 20480 MB: a whole number from 512 to 10240 MB",
    ],
    [
      "a bad name",
      { functionName: "iris.prod" },
      'function name "iris.prod": 1 to 64 of A-Z a-z 0-9 _ -',
    ],
    [
      "a negative concurrency",
      { compute: BentoCompute.standard({ reservedConcurrency: -1 }) },
      "reserved concurrency -1: a whole number from 0",
    ],
    [
      "a variable of one letter",
      { environment: { A: "" } },
      'environment variable "A": a letter, then one or more of A-Z a-z 0-9 _',
    ],
    [
      "a variable of Lambda's",
      { environment: { AWS_REGION: "x" } },
      "environment variable AWS_REGION: AWS Lambda sets it itself",
    ],
    [
      "a large environment",
      { environment: { TEXT: "é".repeat(2047) } },
      "environment variables of 4098 bytes: 4096 bytes at most",
    ],
    [
      "two kinds of retention",
      {
        logRetention: RetentionDays.ONE_DAY,
        logGroup: LogGroup.fromLogGroupName(new Stack(), "Log", "/mine"),
      },
      "logRetention with a logGroup: set the retention on that log group",
    ],
    [
      "security groups without a network",
      { securityGroups: [SecurityGroup.fromSecurityGroupId(new Stack(), "Group", "sg-1")] },
      "securityGroups without a vpc: give the vpc too",
    ],
    [
      "several problems at once",
      { memory: Size.mebibytes(1), timeout: Duration.hours(1) },
      "memory 1 MB: a whole number from 128 to 10240 MB\ntimeout 3600 s: a whole number from 1 to 900 s",
    ],
  ])("fails with %s", (_what, props, message) => {
    expect(problemsOf(props)).toBe(message);
  });
});
