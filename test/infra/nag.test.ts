import { type App, Stack } from "aws-cdk-lib";
import { CfnFunction } from "aws-cdk-lib/aws-lambda";
import { Bucket } from "aws-cdk-lib/aws-s3";
import { describe, expect, it } from "vitest";
import { addIrisStacks } from "../../infra/app/iris-stacks.ts";
import { synthesize } from "../support/cdk/synthesize.ts";

/** What cdk-nag's AwsSolutions says of the stacks of infra/app, and why it stays so. */
const AWS_POLICY = "AwsSolutions-IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy";
const EXPLAINED: Readonly<Record<string, string>> = {
  "bento-models/Models/Bucket/Resource AwsSolutions-S1":
    "access logs go to a bucket of the user's, by a prop: one of ours would be a bucket without them too",
  [`iris-managed/Iris/OperatorRole/Resource ${AWS_POLICY}/AWSLambdaManagedEC2ResourceOperator]`]:
    "Lambda's own policy for starting instances: AWS keeps it in step with what Lambda does",
  [`iris-gpu/Iris/Capacity/InfrastructureRole/Resource ${AWS_POLICY}/AmazonECSInfrastructureRolePolicyForManagedInstances]`]:
    "ECS's own policy for starting instances: AWS keeps it in step with what ECS does",
  [`iris-gpu/Iris/Capacity/InstanceRole/Resource ${AWS_POLICY}/AmazonECSInstanceRolePolicyForManagedInstances]`]:
    "ECS's own policy for the agent on its instances, and nothing beside it",
  [`iris-gpu/Iris/ShiftRole/Resource ${AWS_POLICY}/AmazonECSInfrastructureRolePolicyForLoadBalancers]`]:
    "ECS's own policy for moving traffic between target groups",
  "iris-gpu/Iris/StartPolicy/Resource AwsSolutions-IAM5[Resource::*]":
    "ecr:GetAuthorizationToken takes no resource; every other action names its own",
  "iris-gpu/Iris/Task/Resource AwsSolutions-ECS2":
    "the port and what NVIDIA's runtime reads; secrets have a prop of their own, by reference",
  "iris-gpu/Iris/LoadBalancer/Resource AwsSolutions-ELB2":
    "access logs go to a bucket of the user's, by a prop: what callers ask is theirs to keep or not",
};

describe("the constructs", () => {
  it("pass the CDK's own validator, and every finding of cdk-nag has its reason", async () => {
    const { findings } = await synthesize(addIrisStacks, { hasNag: true });
    expect(findings.filter(({ by }) => by === "CloudFormation Validate")).toEqual([]);
    const found = findings.map(({ at, rule }) => `${at} ${rule}`);
    expect(found.sort()).toEqual(Object.keys(EXPLAINED).sort());
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
