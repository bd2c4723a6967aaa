import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Duration, Size, type Stack } from "aws-cdk-lib";
import { Match, type Template } from "aws-cdk-lib/assertions";
import { Certificate } from "aws-cdk-lib/aws-certificatemanager";
import { SecurityGroup, Vpc } from "aws-cdk-lib/aws-ec2";
import { Repository } from "aws-cdk-lib/aws-ecr";
import { Cluster, type ICluster, Secret as TaskSecret } from "aws-cdk-lib/aws-ecs";
import { ManagedPolicy, Role } from "aws-cdk-lib/aws-iam";
import { LogGroup } from "aws-cdk-lib/aws-logs";
import { Bucket } from "aws-cdk-lib/aws-s3";
import { Secret } from "aws-cdk-lib/aws-secretsmanager";
import { StringParameter } from "aws-cdk-lib/aws-ssm";
import { describe, expect, it } from "vitest";
import { canonicalJson } from "../../core/canonical-json.ts";
import { digestOf } from "../../core/digest.ts";
import { BentoAlarms } from "../../infra/bento-alarms.ts";
import { BentoDashboard } from "../../infra/bento-dashboard.ts";
import { BentoImage } from "../../infra/bento-image.ts";
import { BentoGpuCapacity } from "../../infra/ecs-capacity.ts";
import { BentoRollout } from "../../infra/ecs-rollout.ts";
import { expectGolden } from "../support/golden-file.ts";
import {
  group,
  type Props,
  propertiesOf,
  resourcesOf,
  stand,
} from "../support/gpu-service-stand.ts";

const CERTIFICATE = "arn:aws:acm:eu-west-1:123456789012:certificate/0a1b2c3d";

describe("BentoEcsGpuService", () => {
  it("needs only an image and a network", async () => {
    const text = `${canonicalJson(stand().template().toJSON(), 2)}\n`;
    await expectGolden(join(import.meta.dirname, "golden", "bento-ecs-gpu-service.json"), text);
  });

  it("never renames its logical ids", () => {
    expect(Object.keys(resourcesOf(stand().template()))).toMatchInlineSnapshot(`
      [
        "IrisLogsBA40F2D7",
        "IrisClusterA101276B",
        "IrisTaskRoleB8D1CF28",
        "IrisExecutionRoleF562432C",
        "IrisTaskC727641A",
        "IrisStartPolicy5080AB8E",
        "IrisLoadBalancerGroupF89D33A2",
        "IrisLoadBalancerGrouptoShopIrisTaskGroup6AB756073000380D1420",
        "IrisLoadBalancer5CA15EB7",
        "IrisListenerC2713C9E",
        "IrisBlue62B72F11",
        "IrisGreen29452A70",
        "IrisRuleBDF35793",
        "IrisErrorsAlarm77063F43",
        "IrisLatencyAlarm157E3D8C",
        "IrisUnhealthyAlarm75CE4F42",
        "IrisCapacityInstanceRoleBA57875F",
        "IrisCapacityInfrastructureRoleF01C65DC",
        "IrisCapacityInstanceProfileBF5BFF26",
        "IrisCapacityInstanceGroupFE9D6FC6",
        "IrisCapacityProviderC184EDA0",
        "IrisTaskGroupBD5440E5",
        "IrisTaskGroupfromShopIrisLoadBalancerGroup5796779430000F192CBA",
        "IrisService6BDFDEB2",
        "IrisShiftRoleF1441660",
      ]
    `);
  });

  it("deploys where nothing was bootstrapped, by a small template", () => {
    const { template } = stand(() => ({
      minTasks: 1,
      maxTasks: 8,
      requestsPerTask: 600,
      rollout: BentoRollout.canary({ pauseAt: ["PRE_PRODUCTION_TRAFFIC_SHIFT"] }),
    }));
    expect(JSON.stringify(template().toJSON(), null, 1).length).toBeLessThan(40_000);
  });

  it.each([
    ["managed instances", () => ({ maxTasks: 2, requestsPerTask: 60 })],
    ["an Auto Scaling group", () => ({ capacity: group(), rollout: BentoRollout.recreate() })],
    [
      "secrets",
      (stack: Stack) => ({
        secrets: {
          A: TaskSecret.fromSecretsManager(Secret.fromSecretNameV2(stack, "A", "a")),
          B: TaskSecret.fromSecretsManager(Secret.fromSecretNameV2(stack, "B", "b")),
        },
        internetFacing: true,
        certificate: Certificate.fromCertificateArn(stack, "Certificate", CERTIFICATE),
      }),
    ],
  ])("gives the same template with all feature flags on and off, with %s", (_what, make) => {
    const path = join(
      import.meta.dirname,
      "../../node_modules/aws-cdk-lib/recommended-feature-flags.json",
    );
    const recommended: Record<string, unknown> = JSON.parse(readFileSync(path, "utf8"));
    const off = Object.fromEntries(Object.keys(recommended).map((flag) => [flag, false]));
    // How an app spells all of its ARNs, ours among them, where its region is known.
    for (const flags of [recommended, off]) {
      flags["@aws-cdk/core:enablePartitionLiterals"] = true;
    }
    const region = "eu-west-1";
    const templates = [recommended, off].map((context) =>
      canonicalJson(stand(make, { context, region }).template().toJSON()),
    );
    expect(templates[0]).toBe(templates[1]);
  });

  it("changes the task definition alone with a new image, and the service by its reference", () => {
    const before = resourcesOf(stand().template());
    const after = resourcesOf(stand(undefined, { digest: digestOf("next") }).template());
    const changed = Object.keys(after).filter(
      (id) => canonicalJson(after[id]) !== canonicalJson(before[id]),
    );
    const [task = ""] = changed;
    const users = Object.keys(after).filter((id) =>
      JSON.stringify(after[id]).includes(`{"Ref":"${task}"}`),
    );
    const types = (ids: string[]) => ids.map((id) => after[id]?.Type);
    expect(Object.keys(after)).toEqual(Object.keys(before));
    expect(types(changed)).toEqual(["AWS::ECS::TaskDefinition"]);
    expect(types(users)).toEqual(["AWS::ECS::Service"]);
  });

  it("runs the image as it is, with GPUs, a root that cannot be written to, and /tmp", () => {
    const { template } = stand(() => ({
      gpuCount: 4,
      cpu: 8.5,
      memory: Size.gibibytes(32),
      temporaryStorage: Size.gibibytes(1),
      drain: Duration.seconds(60),
      environment: { LEVEL: "3" },
    }));
    template().hasResourceProperties("AWS::ECS::TaskDefinition", {
      Cpu: "8704",
      Memory: "32768",
      NetworkMode: "awsvpc",
      RequiresCompatibilities: ["MANAGED_INSTANCES"],
      ContainerDefinitions: [
        {
          Command: Match.absent(),
          EntryPoint: Match.absent(),
          User: Match.absent(),
          Privileged: Match.absent(),
          Image: {
            "Fn::Join": [
              "",
              Match.arrayWith([Match.stringLikeRegexp(`/bento/iris@${digestOf("image")}$`)]),
            ],
          },
          Environment: [
            { Name: "PORT", Value: "3000" },
            { Name: "NVIDIA_DRIVER_CAPABILITIES", Value: "compute,utility" },
            { Name: "BENTO_DRAIN_SECONDS", Value: "60" },
            { Name: "BENTO_METRICS", Value: "emf" },
            { Name: "LEVEL", Value: "3" },
          ],
          LinuxParameters: {
            Capabilities: { Drop: ["ALL"] },
            Tmpfs: [{ ContainerPath: "/tmp", Size: 1024 }],
          },
          ReadonlyRootFilesystem: true,
          ResourceRequirements: [{ Type: "GPU", Value: "4" }],
          StopTimeout: 70,
        },
      ],
    });
    template().hasResourceProperties("AWS::ElasticLoadBalancingV2::TargetGroup", {
      HealthCheckPath: "/readyz",
      TargetGroupAttributes: Match.arrayWith([
        { Key: "deregistration_delay.timeout_seconds", Value: "60" },
      ]),
    });
  });

  it("may pull its image, write its log and read its secrets, and its code may do nothing", () => {
    const { template } = stand((stack) => ({
      secrets: {
        TOKEN: TaskSecret.fromSecretsManager(
          Secret.fromSecretCompleteArn(
            stack,
            "Token",
            "arn:aws:secretsmanager:eu-west-1:123456789012:secret:token-AbCdEf",
          ),
        ),
        LEVEL: TaskSecret.fromSsmParameter(
          StringParameter.fromStringParameterName(stack, "Level", "/iris/level"),
        ),
      },
    }));
    const made = template();
    made.resourceCountIs("AWS::IAM::Policy", 1);
    const [policy] = propertiesOf(made, "AWS::IAM::Policy");
    const { PolicyDocument, Roles } = policy as {
      PolicyDocument: { Statement: { Action: string | string[]; Resource: unknown }[] };
      Roles: unknown;
    };
    expect(Roles).toEqual([{ Ref: "IrisExecutionRoleF562432C" }]);
    expect(PolicyDocument.Statement.map(({ Action }) => Action)).toMatchInlineSnapshot(`
      [
        [
          "ecr:BatchCheckLayerAvailability",
          "ecr:BatchGetImage",
          "ecr:GetDownloadUrlForLayer",
        ],
        "ecr:GetAuthorizationToken",
        [
          "logs:CreateLogStream",
          "logs:PutLogEvents",
        ],
        [
          "secretsmanager:DescribeSecret",
          "secretsmanager:GetSecretValue",
        ],
        [
          "ssm:DescribeParameters",
          "ssm:GetParameter",
          "ssm:GetParameterHistory",
          "ssm:GetParameters",
        ],
      ]
    `);
    expect(made.findResources("AWS::IAM::Role")["IrisTaskRoleB8D1CF28"]?.["Properties"]).toEqual({
      AssumeRolePolicyDocument: expect.anything(),
    });
    made.hasResourceProperties("AWS::ECS::TaskDefinition", {
      ContainerDefinitions: [
        Match.objectLike({
          Secrets: [
            { Name: "TOKEN", ValueFrom: Match.stringLikeRegexp("secret:token-AbCdEf$") },
            { Name: "LEVEL", ValueFrom: Match.anyValue() },
          ],
        }),
      ],
    });
  });

  it.each([
    ["managed instances", {}],
    ["an Auto Scaling group", { capacity: group() }],
  ] satisfies [string, Props][])("has no wildcard among its actions, with %s", (_what, props) => {
    const made = stand(() => props, { region: "eu-west-1" }).template();
    const actions = JSON.stringify(made.toJSON()).match(/"Action":("[^"]*"|\[[^\]]*\])/g);
    expect(actions?.filter((action) => action.includes("*"))).toEqual([]);
  });

  it("lets nobody in but those who are let in", () => {
    const closed = stand().template();
    closed.hasResourceProperties("AWS::ElasticLoadBalancingV2::LoadBalancer", {
      Scheme: "internal",
      Subnets: ["subnet-0a1b2c3d4e5f60711", "subnet-0a1b2c3d4e5f60712"],
    });
    const ingress = (template: Template) =>
      (propertiesOf(template, "AWS::EC2::SecurityGroupIngress") as Record<string, unknown>[]).map(
        ({ FromPort, SourceSecurityGroupId }) => [FromPort, SourceSecurityGroupId],
      );
    const loadBalancer = { "Fn::GetAtt": ["IrisLoadBalancerGroupF89D33A2", "GroupId"] };
    expect(ingress(closed)).toEqual([[3000, loadBalancer]]);

    const { stack, bento, template } = stand();
    const caller = SecurityGroup.fromSecurityGroupId(stack, "Caller", "sg-0a1b2c3d4e5f60718");
    bento.connections.allowDefaultPortFrom(caller);
    expect(ingress(template())).toEqual([
      [80, "sg-0a1b2c3d4e5f60718"],
      [3000, loadBalancer],
    ]);
  });

  it("faces the internet by its certificate when it is asked to", () => {
    const { bento, template } = stand((stack) => ({
      internetFacing: true,
      certificate: Certificate.fromCertificateArn(stack, "Certificate", CERTIFICATE),
    }));
    const made = template();
    made.hasResourceProperties("AWS::ElasticLoadBalancingV2::LoadBalancer", {
      Scheme: "internet-facing",
      Subnets: ["subnet-0a1b2c3d4e5f60713", "subnet-0a1b2c3d4e5f60714"],
    });
    made.hasResourceProperties("AWS::ElasticLoadBalancingV2::Listener", {
      Port: 443,
      Protocol: "HTTPS",
      SslPolicy: "ELBSecurityPolicy-TLS13-1-2-Res-2021-06",
      Certificates: [{ CertificateArn: CERTIFICATE }],
    });
    made.hasResourceProperties("AWS::EC2::SecurityGroup", {
      SecurityGroupIngress: [
        {
          CidrIp: "0.0.0.0/0",
          FromPort: 443,
          ToPort: 443,
          IpProtocol: "tcp",
          Description: Match.anyValue(),
        },
      ],
    });
    expect(bento.url.startsWith("https://")).toBe(true);
  });

  it("is watched by alarms and a dashboard", () => {
    const { stack, bento, template } = stand((own) => ({
      image: BentoImage.fromEcr({
        repository: Repository.fromRepositoryName(own, "Named", "bento/iris"),
        digest: digestOf("image"),
        bentoName: "iris",
      }),
    }));
    const alarms = new BentoAlarms(stack, "Watch", {
      metrics: bento.metrics,
      maxLatencyP99: Duration.seconds(1),
    });
    new BentoDashboard(stack, "Board", { metrics: bento.metrics, alarms });
    const made = template();
    made.resourceCountIs("AWS::CloudWatch::Alarm", 6);
    made.resourceCountIs("AWS::CloudWatch::Dashboard", 1);
    expect(bento.metrics.service?.serviceName).toBe("iris");
  });

  it("grants to the role of its code", () => {
    const { stack, bento, template } = stand();
    Bucket.fromBucketName(stack, "Data", "data").grantRead(bento);
    template().hasResourceProperties("AWS::IAM::Policy", {
      Roles: [{ Ref: "IrisTaskRoleB8D1CF28" }],
    });
  });

  it("takes what is there already", () => {
    const { template } = stand((stack) => ({
      cluster: Cluster.fromClusterAttributes(stack, "Cluster", {
        clusterName: "shop",
        vpc: Vpc.fromVpcAttributes(stack, "Other", {
          vpcId: "vpc-0a1b2c3d4e5f60718",
          availabilityZones: ["eu-west-1a"],
        }),
      }) as ICluster,
      capacity: BentoGpuCapacity.existing({ capacityProviderName: "gpus" }),
      taskRole: imported(stack, "task"),
      executionRole: imported(stack, "execution"),
      logGroup: LogGroup.fromLogGroupName(stack, "Log", "/mine"),
      securityGroups: [SecurityGroup.fromSecurityGroupId(stack, "Mine", "sg-0a1b2c3d4e5f60711")],
      loadBalancerSecurityGroups: ["2", "3"].map((end) =>
        SecurityGroup.fromSecurityGroupId(stack, `Front${end}`, `sg-0a1b2c3d4e5f6071${end}`),
      ),
    }));
    const made = template();
    for (const type of [
      "AWS::ECS::Cluster",
      "AWS::ECS::CapacityProvider",
      "AWS::IAM::Policy",
      "AWS::Logs::LogGroup",
      "AWS::EC2::SecurityGroup",
    ]) {
      made.resourceCountIs(type, 0);
    }
    made.resourceCountIs("AWS::IAM::Role", 1); // by which ECS moves traffic
    made.hasResourceProperties("AWS::ECS::Service", {
      Cluster: "shop",
      CapacityProviderStrategy: [{ CapacityProvider: "gpus", Weight: 1 }],
      NetworkConfiguration: {
        AwsvpcConfiguration: { SecurityGroups: ["sg-0a1b2c3d4e5f60711"] },
      },
    });
    made.hasResourceProperties("AWS::ElasticLoadBalancingV2::LoadBalancer", {
      SecurityGroups: ["sg-0a1b2c3d4e5f60712", "sg-0a1b2c3d4e5f60713"],
    });
  });

  it("sets a boundary to every role that it makes", () => {
    const arn = "arn:aws:iam::123456789012:policy/boundary";
    const made = stand((stack) => ({
      permissionsBoundary: ManagedPolicy.fromManagedPolicyArn(stack, "Boundary", arn),
    })).template();
    const roles = propertiesOf(made, "AWS::IAM::Role") as { PermissionsBoundary?: string }[];
    expect(roles.map(({ PermissionsBoundary }) => PermissionsBoundary)).toEqual(
      roles.map(() => arn),
    );
  });
});

function imported(stack: Stack, name: string) {
  return Role.fromRoleArn(stack, `Role-${name}`, `arn:aws:iam::123456789012:role/${name}`, {
    mutable: false,
  });
}
