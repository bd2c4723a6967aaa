import {
  CloudFormationClient,
  CreateStackCommand,
  DeleteStackCommand,
  DescribeChangeSetCommand,
  DescribeStackEventsCommand,
  DescribeStacksCommand,
} from "@aws-sdk/client-cloudformation";
import { DescribeRepositoriesCommand, ECRClient } from "@aws-sdk/client-ecr";
import { GetAliasCommand, LambdaClient } from "@aws-sdk/client-lambda";
import { CfnOutput, RemovalPolicy, type Stack } from "aws-cdk-lib";
import { Repository } from "aws-cdk-lib/aws-ecr";
import { Role, ServicePrincipal } from "aws-cdk-lib/aws-iam";
import { CfnAlias, CfnFunction, CfnVersion } from "aws-cdk-lib/aws-lambda";
import { LogGroup } from "aws-cdk-lib/aws-logs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type CdkStack, deployWithCdk, destroyWithCdk } from "../support/aws/cdk-stack.ts";
import {
  clientOptions,
  makeRepository,
  type PushedSample,
  pushSample,
} from "../support/aws/push-sample.ts";
import { type LoopbackAws, startAws } from "../support/aws/start-aws.ts";
import { type TempDir, tempDir } from "../support/temp-dir.ts";
import { skipWithout } from "../support/tools.ts";

describe.skipIf(skipWithout("moto_server", "docker-registry"))(
  "CloudFormation of the stand-ins, by the CDK's own library",
  () => {
    let aws: LoopbackAws;
    let dir: TempDir;
    let image: PushedSample;
    let formation: CloudFormationClient;
    beforeAll(async () => {
      aws = await startAws({ invoke: () => "answer" });
      dir = await tempDir();
      formation = new CloudFormationClient(clientOptions(aws));
      await makeRepository(aws, "bento/iris");
      image = await pushSample(aws, "one", { repository: "bento/iris", tag: "v1" });
    });
    afterAll(async () => {
      await aws[Symbol.asyncDispose]();
      await dir[Symbol.asyncDispose]();
    });

    /** A function with a version and an alias, as an adapter would have it. */
    function functionStack(name: string, memory: number): CdkStack {
      return {
        name,
        tags: { "bento:name": "iris" },
        build(stack: Stack) {
          const logs = new LogGroup(stack, "Logs", { removalPolicy: RemovalPolicy.DESTROY });
          const role = new Role(stack, "Role", {
            assumedBy: new ServicePrincipal("lambda.amazonaws.com"),
          });
          logs.grantWrite(role);
          const made = new CfnFunction(stack, "Function", {
            functionName: name,
            packageType: "Image",
            code: { imageUri: image.uri },
            role: role.roleArn,
            memorySize: memory,
            loggingConfig: { logGroup: logs.logGroupName },
          });
          const version = new CfnVersion(stack, "Version", { functionName: made.ref });
          new CfnAlias(stack, "Live", {
            functionName: made.ref,
            functionVersion: version.attrVersion,
            name: "live",
          });
          new CfnOutput(stack, "Arn", { value: made.attrArn });
        },
      };
    }

    async function statusOf(StackName: string): Promise<string | undefined> {
      const { Stacks } = await formation.send(new DescribeStacksCommand({ StackName }));
      return Stacks?.[0]?.StackStatus;
    }

    async function failures(StackName: string): Promise<unknown[]> {
      const { StackEvents = [] } = await formation.send(
        new DescribeStackEventsCommand({ StackName }),
      );
      return StackEvents.filter(({ ResourceStatus }) => ResourceStatus?.endsWith("_FAILED")).map(
        ({ LogicalResourceId, ResourceStatusReason }) => [LogicalResourceId, ResourceStatusReason],
      );
    }

    it("creates, changes nothing twice, updates and deletes", async () => {
      const name = "whole";
      await deployWithCdk(aws, functionStack(name, 512), dir.path);
      const lambda = new LambdaClient(clientOptions(aws));
      const live = new GetAliasCommand({ FunctionName: name, Name: "live" });
      expect(await lambda.send(live)).toMatchObject({ FunctionVersion: "1" });
      const { Stacks } = await formation.send(new DescribeStacksCommand({ StackName: name }));
      expect(Stacks?.[0]).toMatchObject({
        StackStatus: "CREATE_COMPLETE",
        Tags: [{ Key: "bento:name", Value: "iris" }],
        Outputs: [
          {
            OutputKey: "Arn",
            OutputValue: `arn:aws:lambda:eu-west-1:123456789012:function:${name}`,
          },
        ],
      });
      await deployWithCdk(aws, functionStack(name, 512), dir.path);
      expect(await statusOf(name)).toBe("CREATE_COMPLETE");
      await deployWithCdk(aws, functionStack(name, 1024), dir.path);
      expect(await statusOf(name)).toBe("UPDATE_COMPLETE");
      await destroyWithCdk(aws, functionStack(name, 1024), dir.path);
      await expect(statusOf(name)).rejects.toMatchObject({
        name: "ValidationError",
        message: `Stack with id ${name} does not exist`,
      });
      expect(await statusOf(Stacks?.[0]?.StackId ?? "")).toBe("DELETE_COMPLETE");
      await expect(lambda.send(live)).rejects.toMatchObject({ name: "ResourceNotFoundException" });
    });

    it("rolls a creation back when a resource fails, and is made anew afterwards", async () => {
      const stack = functionStack("unlucky", 512);
      aws.fail({ resource: "Live", reason: "no alias today" });
      await expect(deployWithCdk(aws, stack, dir.path)).rejects.toThrow("no alias today");
      expect(await statusOf("unlucky")).toBe("ROLLBACK_COMPLETE");
      const lambda = new LambdaClient(clientOptions(aws));
      const live = new GetAliasCommand({ FunctionName: "unlucky", Name: "live" });
      await expect(lambda.send(live)).rejects.toMatchObject({ name: "ResourceNotFoundException" });
      await deployWithCdk(aws, stack, dir.path);
      expect(await statusOf("unlucky")).toBe("CREATE_COMPLETE");
    });

    it("rolls an update back to what was", async () => {
      await deployWithCdk(aws, functionStack("back", 512), dir.path);
      aws.fail({ resource: "AWS::Lambda::Function", operation: "update", reason: "too much" });
      const bigger = functionStack("back", 2048);
      await expect(deployWithCdk(aws, bigger, dir.path)).rejects.toThrow("too much");
      expect(await statusOf("back")).toBe("UPDATE_ROLLBACK_COMPLETE");
    });

    it("answers ChangeSetNotFound for a change set that is gone", async () => {
      await deployWithCdk(aws, functionStack("sets", 512), dir.path);
      const command = new DescribeChangeSetCommand({ StackName: "sets", ChangeSetName: "none" });
      await expect(formation.send(command)).rejects.toMatchObject({
        Code: "ChangeSetNotFound",
      });
    });

    it("keeps what is retained, and what a template retains in a rollback too", async () => {
      const stack: CdkStack = {
        name: "kept",
        build: (scope) =>
          new Repository(scope, "Images", { repositoryName: "kept/images" }).applyRemovalPolicy(
            RemovalPolicy.RETAIN,
          ),
      };
      await deployWithCdk(aws, stack, dir.path);
      await destroyWithCdk(aws, stack, dir.path);
      const ecr = new ECRClient(clientOptions(aws));
      const command = new DescribeRepositoriesCommand({ repositoryNames: ["kept/images"] });
      expect((await ecr.send(command)).repositories?.length).toBe(1);
      await expect(deployWithCdk(aws, stack, dir.path)).rejects.toThrow(/already exists/);
    });

    it("knows every type that the constructs are made of", async () => {
      const template = {
        Resources: {
          Queue: { Type: "AWS::SQS::Queue", Properties: { VisibilityTimeout: 60 } },
          Alarm: {
            Type: "AWS::CloudWatch::Alarm",
            Properties: {
              ComparisonOperator: "GreaterThanThreshold",
              EvaluationPeriods: 1,
              MetricName: "Errors",
              Namespace: "AWS/Lambda",
              Period: 60,
              Statistic: "Sum",
              Threshold: 1,
            },
          },
          Dashboard: {
            Type: "AWS::CloudWatch::Dashboard",
            Properties: { DashboardBody: '{"widgets":[]}' },
          },
          Role: {
            Type: "AWS::IAM::Role",
            Properties: {
              AssumeRolePolicyDocument: { Version: "2012-10-17", Statement: [] },
              ManagedPolicyArns: [
                "arn:aws:iam::aws:policy/service-role/AWSLambdaVPCAccessExecutionRole",
              ],
            },
          },
          Capacity: {
            Type: "AWS::Lambda::CapacityProvider",
            Properties: {
              PermissionsConfig: {
                CapacityProviderOperatorRoleArn: { "Fn::GetAtt": ["Role", "Arn"] },
              },
            },
          },
          Function: {
            Type: "AWS::Lambda::Function",
            Properties: {
              PackageType: "Image",
              Code: { ImageUri: image.uri },
              MemorySize: 2048,
              Role: { "Fn::GetAtt": ["Role", "Arn"] },
              CapacityProviderConfig: {
                LambdaManagedInstancesCapacityProviderConfig: {
                  CapacityProviderArn: { "Fn::GetAtt": ["Capacity", "Arn"] },
                },
              },
            },
          },
          Version: {
            Type: "AWS::Lambda::Version",
            Properties: { FunctionName: { Ref: "Function" } },
          },
          Url: {
            Type: "AWS::Lambda::Url",
            Properties: {
              TargetFunctionArn: { "Fn::GetAtt": ["Function", "Arn"] },
              AuthType: "AWS_IAM",
            },
          },
          Permission: {
            Type: "AWS::Lambda::Permission",
            Properties: {
              // biome-ignore lint/suspicious/noTemplateCurlyInString: CloudFormation fills it in
              FunctionName: { "Fn::Sub": "${Function.Arn}" },
              Action: "lambda:InvokeFunctionUrl",
              Principal: "123456789012",
              FunctionUrlAuthType: "AWS_IAM",
            },
          },
          Source: {
            Type: "AWS::Lambda::EventSourceMapping",
            Properties: {
              FunctionName: { Ref: "Function" },
              EventSourceArn: { "Fn::GetAtt": ["Queue", "Arn"] },
              BatchSize: 100,
            },
          },
          Bucket: { Type: "AWS::S3::Bucket" },
        },
        Outputs: { Url: { Value: { "Fn::GetAtt": ["Url", "FunctionUrl"] } } },
      };
      const StackName = "types";
      const Capabilities = ["CAPABILITY_IAM" as const];
      const TemplateBody = JSON.stringify(template);
      await formation.send(new CreateStackCommand({ StackName, TemplateBody, Capabilities }));
      expect([await statusOf(StackName), await failures(StackName)]).toEqual([
        "CREATE_COMPLETE",
        [],
      ]);
      await formation.send(new DeleteStackCommand({ StackName }));
      await expect(statusOf(StackName)).rejects.toMatchObject({ name: "ValidationError" });
    });

    it("shows a stack as it stands while a test holds it", async () => {
      const letGo = aws.hold("Logs");
      const TemplateBody = "{Resources: {Logs: {Type: AWS::Logs::LogGroup}}}";
      await formation.send(new CreateStackCommand({ StackName: "held", TemplateBody }));
      const before = await statusOf("held");
      letGo();
      expect([before, await statusOf("held")]).toEqual(["CREATE_IN_PROGRESS", "CREATE_COMPLETE"]);
    });
  },
);
