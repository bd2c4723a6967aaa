import { join } from "node:path";
import { App, Duration, Lazy, Size, Stack, Token } from "aws-cdk-lib";
import { Annotations, Match, Template } from "aws-cdk-lib/assertions";
import { InstanceType, Port, SecurityGroup, Subnet } from "aws-cdk-lib/aws-ec2";
import { ManagedPolicy, Role } from "aws-cdk-lib/aws-iam";
import { CapacityProvider } from "aws-cdk-lib/aws-lambda";
import { describe, expect, it } from "vitest";
import { canonicalJson } from "../../core/canonical-json.ts";
import { digestOf } from "../../core/digest.ts";
import type { Profile } from "../../core/profile.ts";
import { BentoCompute, type ManagedInstancesProps } from "../../infra/bento-compute.ts";
import { BentoLambda } from "../../infra/bento-lambda.ts";
import type { BentoLambdaProps } from "../../infra/bento-lambda-props.ts";
import { expectGolden } from "../support/golden-file.ts";
import { existingVpc, irisImage } from "../support/lambda-stack.ts";

type Make = (stack: Stack) => Partial<BentoLambdaProps>;

function bentoStack(make: Make) {
  const stack = new Stack(new App(), "Shop");
  const bento = new BentoLambda(stack, "Iris", { image: irisImage(stack), ...make(stack) });
  return { stack, bento, template: () => Template.fromStack(stack) };
}

function managed(props: (stack: Stack) => ManagedInstancesProps, more: Make = () => ({})) {
  return bentoStack((stack) => ({
    compute: BentoCompute.managedInstances(props(stack)),
    ...more(stack),
  }));
}

const inVpc = (stack: Stack): ManagedInstancesProps => ({ vpc: existingVpc(stack) });

const shared = (stack: Stack) =>
  CapacityProvider.fromCapacityProviderName(stack, "Shared", "models");

const PROFILE: Profile = {
  schema: 1,
  machine: { cores: 4, arch: "x64", cpu: "any" },
  models: {
    iris: {
      digest: digestOf("model"),
      layout: { threads: 2, intraOpThreads: 1 },
      points: [
        { rows: 1, ms: 1 },
        { rows: 24, ms: 6 },
        { rows: 128, ms: 64 },
      ],
    },
  },
};

describe("BentoCompute.managedInstances", () => {
  it("needs only a network", async () => {
    const text = `${canonicalJson(managed(inVpc).template().toJSON(), 2)}\n`;
    await expectGolden(join(import.meta.dirname, "golden", "bento-lambda-managed.json"), text);
  });

  it("never renames its logical ids", () => {
    const resources = Object.keys(managed(inVpc).template().toJSON()["Resources"]);
    expect(resources.map((id) => id.replace(/(Version[0-9A-F]{8})[0-9a-f]+$/, "$1…"))).toEqual([
      "IrisLogsBA40F2D7",
      "IrisRole2DCA6FF0",
      "IrisRoleDefaultPolicy1C2614E4",
      "IrisFunctionD0561AE8",
      "IrisFunctionCurrentVersion542D3F1F…",
      "IrisSecurityGroupCD731FDB",
      "IrisOperatorRole113B1450",
      "IrisCapacityC3E60918",
      "IrisLiveD3F62FD2",
    ]);
  });

  it("sets the capacity provider, the function and its versions as its props say", () => {
    const made = managed(
      (stack) => ({
        subnets: [Subnet.fromSubnetId(stack, "Subnet", "subnet-0123456789abcdef1")],
        securityGroups: [SecurityGroup.fromSecurityGroupId(stack, "Group", "sg-0123456789abcdef1")],
        instanceTypes: [new InstanceType("c7i.xlarge")],
        maxVCpus: 32,
        targetCpuUtilization: 60,
        operatorRole: Role.fromRoleArn(stack, "Operator", "arn:aws:iam::123456789012:role/op"),
        memoryPerVCpu: Size.gibibytes(4),
        maxConcurrency: 100,
        minEnvironments: 1,
        maxEnvironments: 8,
      }),
      () => ({ memory: Size.gibibytes(32), timeout: Duration.minutes(90) }),
    ).template();
    made.resourceCountIs("AWS::EC2::SecurityGroup", 0);
    made.hasResourceProperties("AWS::Lambda::CapacityProvider", {
      CapacityProviderScalingConfig: {
        MaxVCpuCount: 32,
        ScalingMode: "Manual",
        ScalingPolicies: [
          {
            PredefinedMetricType: "LambdaCapacityProviderAverageCPUUtilization",
            TargetValue: 60,
          },
        ],
      },
      InstanceRequirements: { Architectures: ["x86_64"], AllowedInstanceTypes: ["c7i.xlarge"] },
      PermissionsConfig: { CapacityProviderOperatorRoleArn: "arn:aws:iam::123456789012:role/op" },
      VpcConfig: {
        SubnetIds: ["subnet-0123456789abcdef1"],
        SecurityGroupIds: ["sg-0123456789abcdef1"],
      },
    });
    made.hasResourceProperties("AWS::Lambda::Function", {
      MemorySize: 32_768,
      Timeout: 5400,
      PublishToLatestPublished: false,
      VpcConfig: Match.absent(),
      CapacityProviderConfig: {
        LambdaManagedInstancesCapacityProviderConfig: {
          ExecutionEnvironmentMemoryGiBPerVCpu: 4,
          PerExecutionEnvironmentMaxConcurrency: 100,
        },
      },
    });
    made.hasResourceProperties("AWS::Lambda::Version", {
      FunctionScalingConfig: { MinExecutionEnvironments: 1, MaxExecutionEnvironments: 8 },
    });
  });

  it("takes a capacity provider that is there already", () => {
    const { bento, template } = managed((stack) => ({ capacityProvider: shared(stack) }));
    template().resourceCountIs("AWS::Lambda::CapacityProvider", 0);
    expect(bento.capacityProvider?.capacityProviderName).toBe("models");
  });

  it("bounds both of the roles that it makes", () => {
    const arn = "arn:aws:iam::123456789012:policy/bound";
    const made = managed(inVpc, (stack) => ({
      permissionsBoundary: ManagedPolicy.fromManagedPolicyArn(stack, "Bound", arn),
    })).template();
    made.allResourcesProperties("AWS::IAM::Role", { PermissionsBoundary: arn });
    made.resourceCountIs("AWS::IAM::Role", 2);
  });

  it.each<[string, Partial<ManagedInstancesProps>, Partial<BentoLambdaProps>, number]>([
    ["32 for each vCPU", {}, { memory: Size.gibibytes(8) }, 128],
    [
      "(k + 1) · b* of a profile",
      {},
      {
        memory: Size.gibibytes(8),
        environment: { BENTO_PROFILE: JSON.stringify(PROFILE) },
      },
      72,
    ],
    [
      "no more runners than vCPUs",
      {},
      { environment: { BENTO_PROFILE: JSON.stringify(PROFILE) } },
      48,
    ],
    [
      "a profile in a file says nothing",
      {},
      { environment: { BENTO_PROFILE: "/app/profile.json" } },
      32,
    ],
    [
      "what the user says",
      { maxConcurrency: 7 },
      { environment: { BENTO_PROFILE: JSON.stringify(PROFILE) } },
      7,
    ],
  ])("lets so many requests into an environment: %s", (_what, compute, props, concurrency) => {
    managed(
      (stack) => ({ ...inVpc(stack), ...compute }),
      () => props,
    )
      .template()
      .hasResourceProperties("AWS::Lambda::Function", {
        CapacityProviderConfig: {
          LambdaManagedInstancesCapacityProviderConfig: {
            PerExecutionEnvironmentMaxConcurrency: concurrency,
          },
        },
      });
  });

  it("keeps Node's garbage small, unless the user says otherwise", () => {
    const variables = (environment: Record<string, string>) => {
      const made = managed(inVpc, () => ({ environment })).template();
      const [resource] = Object.values(made.findResources("AWS::Lambda::Function"));
      return resource?.["Properties"].Environment.Variables;
    };
    expect(variables({ LEVEL: "3" })).toEqual({
      LEVEL: "3",
      NODE_OPTIONS: "--max-semi-space-size=2",
    });
    expect(variables({ NODE_OPTIONS: "" })).toEqual({ NODE_OPTIONS: "" });
  });

  it("says that there is no way back", () => {
    const { stack } = managed(inVpc);
    Annotations.fromStack(stack).hasInfo(
      "/Shop/Iris/Function",
      "on managed instances for good: a function can change its capacity provider, not leave it",
    );
  });

  it("lets others be connected to its instances", () => {
    const { stack, bento, template } = managed(inVpc);
    const database = SecurityGroup.fromSecurityGroupId(stack, "Database", "sg-0123456789abcdef1");
    database.connections.allowFrom(bento, Port.tcp(5432));
    template().hasResourceProperties("AWS::EC2::SecurityGroupIngress", {
      GroupId: "sg-0123456789abcdef1",
      SourceSecurityGroupId: { "Fn::GetAtt": ["IrisSecurityGroupCD731FDB", "GroupId"] },
    });
  });

  it("leaves alone what CloudFormation computes", () => {
    const number = Token.asNumber(Lazy.any({ produce: () => ({ Ref: "Count" }) }));
    managed((stack) => ({
      ...inVpc(stack),
      maxConcurrency: number,
      minEnvironments: number,
      maxEnvironments: number,
      targetCpuUtilization: number,
    }));
  });

  it("fails with more functions on a capacity provider than it takes versions", () => {
    const stack = new Stack(new App(), "Shop");
    const image = irisImage(stack);
    const compute = BentoCompute.managedInstances({ capacityProvider: shared(stack) });
    const add = (index: number) => new BentoLambda(stack, `Iris${index}`, { image, compute });
    for (let index = 0; index < 100; index += 1) {
      add(index);
    }
    expect(() => add(100)).toThrow(
      expect.objectContaining({
        code: "BENTO_INVALID_INPUT",
        message: "101 function versions on one capacity provider: 100 at most",
        where: "Shop/Shared",
      }),
    );
  });
});

describe("BentoCompute.standard", () => {
  it("keeps environments of the alias started", () => {
    bentoStack(() => ({ compute: BentoCompute.standard({ provisionedConcurrency: 2 }) }))
      .template()
      .hasResourceProperties("AWS::Lambda::Alias", {
        ProvisionedConcurrencyConfig: { ProvisionedConcurrentExecutions: 2 },
      });
  });

  it("takes snapshots of versions, and tells the server so", () => {
    bentoStack(() => ({ compute: BentoCompute.standard({ snapStart: true }) }))
      .template()
      .hasResourceProperties("AWS::Lambda::Function", {
        SnapStart: { ApplyOn: "PublishedVersions" },
        Environment: { Variables: { BENTO_SNAPSTART: "1" } },
      });
  });
});

describe("BentoLambda with traffic of the CLI", () => {
  const frozenParts = (props: Partial<BentoLambdaProps>) => {
    const made = bentoStack(() => ({ traffic: "cli", ...props })).template();
    return {
      ...made.findResources("AWS::Lambda::Version"),
      ...made.findResources("AWS::Lambda::Alias"),
    };
  };

  it("has one version and an alias that never change", () => {
    const parts = frozenParts({});
    expect(parts).toEqual({
      IrisFirstVersion49AC67D8: {
        Type: "AWS::Lambda::Version",
        Properties: { FunctionName: { Ref: "IrisFunctionD0561AE8" } },
        DeletionPolicy: "Retain",
        UpdateReplacePolicy: "Retain",
        Metadata: { "aws:cdk:do-not-refactor": true },
      },
      IrisLiveD3F62FD2: {
        Type: "AWS::Lambda::Alias",
        Properties: {
          FunctionName: { Ref: "IrisFunctionD0561AE8" },
          FunctionVersion: { "Fn::GetAtt": ["IrisFirstVersion49AC67D8", "Version"] },
          Name: "live",
        },
      },
    });
    expect(
      frozenParts({
        memory: Size.gibibytes(4),
        timeout: Duration.seconds(1),
        environment: { LEVEL: "3" },
        description: "iris:v2",
        compute: BentoCompute.standard({ snapStart: true, reservedConcurrency: 3 }),
      }),
    ).toEqual(parts);
  });
});
