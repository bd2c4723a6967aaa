import { App, Duration, Size, Stack } from "aws-cdk-lib";
import { Annotations, Match, Template } from "aws-cdk-lib/assertions";
import { Alarm } from "aws-cdk-lib/aws-cloudwatch";
import { Vpc } from "aws-cdk-lib/aws-ec2";
import { Repository } from "aws-cdk-lib/aws-ecr";
import { describe, expect, it } from "vitest";
import { digestOf } from "../../core/digest.ts";
import { BentoEcsGpuService } from "../../infra/bento-ecs-gpu-service.ts";
import { BentoImage } from "../../infra/bento-image.ts";
import { BentoGpuCapacity } from "../../infra/ecs-capacity.ts";
import { BentoRollout } from "../../infra/ecs-rollout.ts";
import { bentoQueueRows } from "../../infra/ecs-scaling.ts";
import {
  group,
  type Props,
  propertiesOf,
  resourcesOf,
  stand,
} from "../support/gpu-service-stand.ts";

/** Of the one service. */
function deploymentOf(props: Props): unknown {
  const { DeploymentConfiguration } = propertiesOf(
    stand(() => props).template(),
    "AWS::ECS::Service",
  )[0] as { DeploymentConfiguration: Record<string, unknown> };
  const { Alarms, ...rest } = DeploymentConfiguration;
  expect(Alarms).toMatchObject({ Enable: true, Rollback: true });
  return rest;
}

describe("BentoEcsGpuService", () => {
  it("keeps the rule that ECS moves traffic by as it is, whatever the rollout", () => {
    const front = (rollout: BentoRollout) => {
      const all = Object.entries(resourcesOf(stand(() => ({ rollout })).template()));
      return all.filter(([, { Type }]) => Type.startsWith("AWS::ElasticLoadBalancingV2"));
    };
    expect(front(BentoRollout.recreate())).toEqual(front(BentoRollout.canary({ percent: 1 })));
  });

  it("takes spare capacity when it is asked to", () => {
    const capacity = BentoGpuCapacity.managedInstances({
      allowedInstanceTypes: ["g5.xlarge", "g6.xlarge"],
      spot: true,
      storage: Size.gibibytes(200),
    });
    stand(() => ({ capacity }))
      .template()
      .hasResourceProperties("AWS::ECS::CapacityProvider", {
        ManagedInstancesProvider: {
          InstanceLaunchTemplate: {
            CapacityOptionType: "SPOT",
            StorageConfiguration: { StorageSizeGiB: 200 },
            InstanceRequirements: { AllowedInstanceTypes: ["g5.xlarge", "g6.xlarge"] },
          },
        },
      });
  });

  it("names its capacity provider where the stack's name may not begin one", () => {
    const stack = new Stack(new App(), "ecs-shop");
    const repository = Repository.fromRepositoryName(stack, "Images", "bento/iris");
    new BentoEcsGpuService(stack, "Iris", {
      image: BentoImage.fromEcr({ repository, digest: digestOf("image") }),
      vpc: Vpc.fromVpcAttributes(stack, "Network", {
        vpcId: "vpc-0a1b2c3d4e5f60718",
        availabilityZones: ["eu-west-1a", "eu-west-1b"],
        privateSubnetIds: ["subnet-0a1b2c3d4e5f60711", "subnet-0a1b2c3d4e5f60712"],
      }),
    });
    Template.fromStack(stack).hasResourceProperties("AWS::ECS::CapacityProvider", {
      Name: Match.stringLikeRegexp("^cp-"),
    });
  });

  it("runs on an Auto Scaling group of a pinned image", () => {
    const made = stand(() => ({ capacity: group() }), { region: "eu-west-1" }).template();
    made.hasResourceProperties("AWS::ECS::CapacityProvider", {
      AutoScalingGroupProvider: {
        ManagedScaling: { Status: "ENABLED", TargetCapacity: 100 },
        ManagedTerminationProtection: "ENABLED",
        ManagedDraining: "ENABLED",
      },
    });
    made.hasResourceProperties("AWS::AutoScaling::AutoScalingGroup", {
      MinSize: "0",
      MaxSize: "4",
      NewInstancesProtectedFromScaleIn: true,
    });
    made.hasResourceProperties("AWS::EC2::LaunchTemplate", {
      LaunchTemplateData: {
        ImageId: "ami-0a1b2c3d4e5f60718",
        InstanceType: "g5.xlarge",
        MetadataOptions: { HttpTokens: "required", HttpPutResponseHopLimit: 1 },
        BlockDeviceMappings: [{ Ebs: { Encrypted: true, VolumeSize: 80, VolumeType: "gp3" } }],
      },
    });
    made.hasResourceProperties("AWS::ECS::TaskDefinition", {
      RequiresCompatibilities: ["EC2"],
      RuntimePlatform: Match.absent(),
    });
    made.hasResourceProperties("AWS::ECS::ClusterCapacityProviderAssociations", {
      CapacityProviders: [{ Ref: Match.anyValue() }],
    });
  });

  it("rolls out as it is told", () => {
    expect({
      canary: deploymentOf({
        rollout: BentoRollout.canary({ percent: 0.5, bake: Duration.hours(1) }),
      }),
      linear: deploymentOf({
        rollout: BentoRollout.linear({ percent: 20, bakeAfter: Duration.minutes(0) }),
      }),
      blueGreen: deploymentOf({
        rollout: BentoRollout.blueGreen({ bakeAfter: Duration.minutes(30) }),
      }),
      rolling: deploymentOf({ rollout: BentoRollout.rolling() }),
      recreate: deploymentOf({ rollout: BentoRollout.recreate() }),
    }).toMatchInlineSnapshot(`
      {
        "blueGreen": {
          "BakeTimeInMinutes": 30,
          "DeploymentCircuitBreaker": {
            "Enable": true,
            "Rollback": true,
          },
          "MaximumPercent": 200,
          "MinimumHealthyPercent": 100,
          "Strategy": "BLUE_GREEN",
        },
        "canary": {
          "BakeTimeInMinutes": 5,
          "CanaryConfiguration": {
            "CanaryBakeTimeInMinutes": 60,
            "CanaryPercent": 0.5,
          },
          "DeploymentCircuitBreaker": {
            "Enable": true,
            "Rollback": true,
          },
          "MaximumPercent": 200,
          "MinimumHealthyPercent": 100,
          "Strategy": "CANARY",
        },
        "linear": {
          "BakeTimeInMinutes": 0,
          "DeploymentCircuitBreaker": {
            "Enable": true,
            "Rollback": true,
          },
          "LinearConfiguration": {
            "StepBakeTimeInMinutes": 5,
            "StepPercent": 20,
          },
          "MaximumPercent": 200,
          "MinimumHealthyPercent": 100,
          "Strategy": "LINEAR",
        },
        "recreate": {
          "DeploymentCircuitBreaker": {
            "Enable": true,
            "Rollback": true,
          },
          "MaximumPercent": 100,
          "MinimumHealthyPercent": 0,
          "Strategy": "ROLLING",
        },
        "rolling": {
          "DeploymentCircuitBreaker": {
            "Enable": true,
            "Rollback": true,
          },
          "MaximumPercent": 200,
          "MinimumHealthyPercent": 100,
          "Strategy": "ROLLING",
        },
      }
    `);
  });

  it("waits for a word where it is told to, and rolls back when none comes", () => {
    const rollout = BentoRollout.canary({
      pauseAt: ["PRE_PRODUCTION_TRAFFIC_SHIFT", "PRE_PRODUCTION_TRAFFIC_SHIFT"],
      pauseTimeout: Duration.hours(2),
    });
    expect(deploymentOf({ rollout })).toMatchObject({
      LifecycleHooks: [
        {
          TargetType: "PAUSE",
          LifecycleStages: ["PRE_PRODUCTION_TRAFFIC_SHIFT"],
          TimeoutConfiguration: { Action: "ROLLBACK", TimeoutInMinutes: 120 },
        },
      ],
    });
  });

  it("moves traffic between two target groups only where the rollout does", () => {
    const advanced = (rollout: BentoRollout) => {
      const made = stand(() => ({ rollout })).template();
      const [service] = propertiesOf(made, "AWS::ECS::Service");
      return JSON.stringify(service).includes("AdvancedConfiguration");
    };
    expect(advanced(BentoRollout.blueGreen())).toBe(true);
    expect(advanced(BentoRollout.rolling())).toBe(false);
  });

  it("warns of the time without an answer", () => {
    const { stack } = stand(() => ({ rollout: BentoRollout.recreate() }));
    Annotations.fromStack(stack).hasWarning("/Shop/Iris", Match.stringLikeRegexp("nobody answers"));
  });

  it("rolls back on alarms of others too", () => {
    const { template } = stand((stack) => ({
      rollbackAlarms: [
        Alarm.fromAlarmArn(stack, "Mine", "arn:aws:cloudwatch:eu-west-1:123456789012:alarm:mine"),
      ],
      p99Limit: Duration.millis(250),
      errorPercentLimit: 1,
      startTimeout: Duration.minutes(10),
    }));
    const made = template();
    made.hasResourceProperties("AWS::ECS::Service", {
      DeploymentConfiguration: {
        Alarms: {
          AlarmNames: [
            { Ref: Match.anyValue() },
            { Ref: Match.anyValue() },
            { Ref: Match.anyValue() },
            "mine",
          ],
        },
      },
    });
    const alarms = propertiesOf(made, "AWS::CloudWatch::Alarm") as Record<string, unknown>[];
    expect(
      alarms.map(({ Threshold, DatapointsToAlarm, EvaluationPeriods }) => ({
        Threshold,
        DatapointsToAlarm,
        EvaluationPeriods,
      })),
    ).toEqual([
      { Threshold: 1, DatapointsToAlarm: 2, EvaluationPeriods: 3 },
      { Threshold: 0.25, DatapointsToAlarm: 2, EvaluationPeriods: 3 },
      { Threshold: 0, DatapointsToAlarm: 12, EvaluationPeriods: 12 },
    ]);
  });

  it("scales by requests and by the rows that wait", () => {
    const { bento, template } = stand(() => ({
      minTasks: 2,
      maxTasks: 8,
      requestsPerTask: 600,
      queueRowsPerTask: 64,
      queueMetric: bentoQueueRows({ serviceName: "iris", runnerName: "classify" }),
    }));
    const made = template();
    made.hasResourceProperties("AWS::ECS::Service", { DesiredCount: Match.absent() });
    made.hasResourceProperties("AWS::ApplicationAutoScaling::ScalableTarget", {
      MinCapacity: 2,
      MaxCapacity: 8,
    });
    made.hasResourceProperties("AWS::ApplicationAutoScaling::ScalingPolicy", {
      TargetTrackingScalingPolicyConfiguration: {
        TargetValue: 600,
        CustomizedMetricSpecification: {
          Metrics: Match.arrayWith([
            { Id: "requests", Expression: "FILL(blue, 0) + FILL(green, 0)", ReturnData: true },
          ]),
        },
      },
    });
    made.hasResourceProperties("AWS::ApplicationAutoScaling::ScalingPolicy", {
      TargetTrackingScalingPolicyConfiguration: {
        TargetValue: 64,
        CustomizedMetricSpecification: {
          Namespace: "bentoml",
          MetricName: "bentoml_runner_queue_rows",
          Statistic: "Average",
          Dimensions: [
            { Name: "runner_name", Value: "classify" },
            { Name: "service_name", Value: "iris" },
          ],
        },
      },
    });
    expect(bento.scaling).toBeDefined();
  });
});
