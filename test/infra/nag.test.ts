import { type App, Stack } from "aws-cdk-lib";
import { CfnFunction } from "aws-cdk-lib/aws-lambda";
import { Bucket } from "aws-cdk-lib/aws-s3";
import { describe, expect, it } from "vitest";
import { addIrisStacks } from "../../infra/app/iris-stacks.ts";
import { synthesize } from "../support/cdk/synthesize.ts";
import { addVariantStacks } from "../support/cdk/variants/variant-stacks.ts";

const MANAGED_POLICY = "AwsSolutions-IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy";
const STORE = "AwsSolutions-IAM5[Resource::<ModelsBucket970C6ADA.Arn>/team/store";

/** What cdk-nag's AwsSolutions says of the constructs, and why it stays so. */
const EXPLAINED: Readonly<Record<string, string>> = {
  [`${MANAGED_POLICY}/AWSLambdaManagedEC2ResourceOperator]`]:
    "Lambda's own policy for starting instances: AWS keeps it in step with what Lambda does",
  [`${MANAGED_POLICY}/AmazonECSInfrastructureRolePolicyForManagedInstances]`]:
    "ECS's own policy for starting instances: AWS keeps it in step with what ECS does",
  [`${MANAGED_POLICY}/AmazonECSInstanceRolePolicyForManagedInstances]`]:
    "ECS's own policy for the agent on its instances, and nothing beside it",
  [`${MANAGED_POLICY}/service-role/AmazonEC2ContainerServiceforEC2Role]`]:
    "ECS's own policy for the agent on instances of an Auto Scaling group",
  [`${MANAGED_POLICY}/AmazonECSInfrastructureRolePolicyForLoadBalancers]`]:
    "ECS's own policy for moving traffic between target groups",
  [`${MANAGED_POLICY}/service-role/AWSLambdaVPCAccessExecutionRole]`]:
    "Lambda's own policy for network interfaces, only where a vpc is given",
  "AwsSolutions-IAM5[Resource::*]":
    "ecr:GetAuthorizationToken takes no resource; every other action names its own",
  "AwsSolutions-IAM5[Resource::arn:<AWS::Partition>:logs:eu-central-1:123456789012:log-group:/shop/iris:*]":
    "the streams of one log group",
  [`${STORE}/*]`]: "the objects of one store",
  [`${STORE}/pending/*]`]: "what a writer leaves in one store while it writes",
  "AwsSolutions-ECS2":
    "the port and what NVIDIA's runtime reads; secrets have a prop of their own, by reference",
  "AwsSolutions-ELB2":
    "access logs go to a bucket of the user's, by a prop: what callers ask is theirs to keep or not",
  "AwsSolutions-S1":
    "access logs go to a bucket of the user's, by a prop: one of ours would be a bucket without them too",
  "AwsSolutions-EC23": "asked for, by internetFacing: HTTPS alone, with the user's certificate",
  "AwsSolutions-AS3":
    "ECS shows what its capacity provider does; whom to tell is the user's to say",
};

describe("every construct, with its defaults and without", () => {
  it("passes the CDK's own validator, and each finding of cdk-nag has its reason", async () => {
    const both = [
      await synthesize(addIrisStacks, { hasNag: true }),
      await synthesize(addVariantStacks, { hasNag: true }),
    ].flatMap(({ findings }) => findings);
    expect(both.filter(({ by }) => by !== "AwsSolutions")).toEqual([]);
    const rules = [...new Set(both.map(({ rule }) => rule))];
    expect(rules.sort()).toEqual(Object.keys(EXPLAINED).sort());
  });

  it("has nothing to explain in a registry and a function with its defaults, alarms and a dashboard", async () => {
    const { findings } = await synthesize(addIrisStacks, { hasNag: true });
    const found = findings.filter(({ at }) => /^(?:iris-lambda|bento-registry)/.test(at));
    expect(found).toEqual([]);
  });
});

describe("synthesize", () => {
  it("hears both validators", async () => {
    const build = (app: App) => {
      const stack = new Stack(app, "Shop");
      new Bucket(stack, "Bucket");
      new CfnFunction(stack, "Function", { code: {}, role: "somebody" });
    };
    const { findings } = await synthesize(build, { hasNag: true });
    expect(findings.map(({ by, rule, at }) => [by, rule, at].join(" ")).sort()).toEqual([
      "AwsSolutions AwsSolutions-S1 Shop/Bucket/Resource",
      "AwsSolutions AwsSolutions-S10 Shop/Bucket/Resource",
      "CloudFormation Validate F3031 Shop/Function",
    ]);
  });
});
