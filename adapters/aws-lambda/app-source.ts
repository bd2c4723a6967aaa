/**
 * The `app.ts` of an emitted CDK app: what a person would have written, and can go on from.
 *
 * @module
 */
import {
  type LambdaAppSpec,
  type LambdaManagedCompute,
  lambdaVariables,
  secretRights,
} from "../../infra/lambda-spec.ts";
import { literal } from "../aws/literal.ts";

/** TypeScript that gives the same templates as `synthesizeLambdaApp`. */
export function appSource(target: LambdaAppSpec): string {
  const { settings, image } = target;
  const env = { account: target.account, region: target.region };
  return `/** ${image.tag} on AWS Lambda. Written once by bento deploy --emit; yours to change. */
${imports(target)}

const app = new App();
const env = ${literal(env)};

// The repository of its images, kept when the stack is deleted. Deploy it first, then push the image.
const registry = new Stack(app, ${literal(target.registryStack)}, { env, synthesizer: new NoAssetSynthesizer() });
new BentoRegistry(registry, "Images", { repositoryName: ${literal(target.repository)} });

const service = new Stack(app, ${literal(target.serviceStack)}, { env, synthesizer: new NoAssetSynthesizer() });
const bento = new BentoLambda(service, "Bento", {
  image: BentoImage.fromEcr({
    repository: Repository.fromRepositoryName(service, "Images", ${literal(image.repository)}),
    digest: ${literal(image.digest)},
  }),
  functionName: ${literal(settings.functionName)},
  description: ${literal(image.tag)},
  architecture: Architecture.${settings.architecture === "arm64" ? "ARM_64" : "X86_64"},
  memory: Size.mebibytes(${settings.memoryMb}),
  timeout: Duration.seconds(${settings.timeoutSeconds}),
  ephemeralStorage: Size.mebibytes(${settings.ephemeralStorageMb}),
  environment: ${literal(lambdaVariables(settings))},
  logRetention: ${settings.logRetentionDays},
${optionalProps(target)}});
new CfnOutput(service, "AliasArn", { value: bento.alias.functionArn });
new CfnOutput(service, "LogGroupName", { value: bento.logGroup.logGroupName });
${secretLines(target)}${urlLines(target)}
for (const stack of [registry, service]) {
  Tags.of(stack).add("bento:name", ${literal(target.bentoName)});
}

// Nobody may call it yet. To let somebody: bento.grantInvoke(role)
`;
}

/** In the order of their packages; only what the app uses. */
function imports({ settings }: LambdaAppSpec): string {
  const { compute } = settings;
  const isManaged = compute.kind === "managed-instances";
  const isOwn = isManaged && compute.capacityProviderArn === undefined;
  const isStandardSet = settings.snapStart || settings.reservedConcurrency !== undefined;
  const lines: [string, string[]][] = [
    ["aws-cdk-lib", ["App", "CfnOutput", "Duration", "Size", "Stack", "Tags"]],
    [
      "aws-cdk-lib/aws-ec2",
      isOwn
        ? [...(compute.instanceTypes.length > 0 ? ["InstanceType"] : []), "SecurityGroup", "Subnet"]
        : [],
    ],
    ["aws-cdk-lib/aws-ecr", ["Repository"]],
    [
      "aws-cdk-lib/aws-iam",
      [
        ...(settings.permissionsBoundaryArn === undefined ? [] : ["ManagedPolicy"]),
        ...(secretRights(settings).length === 0 ? [] : ["PolicyStatement"]),
        ...(settings.roleArn === undefined ? [] : ["Role"]),
      ],
    ],
    [
      "aws-cdk-lib/aws-lambda",
      ["Architecture", ...(isManaged && !isOwn ? ["CapacityProvider"] : [])],
    ],
    [
      "bentokit/cdk",
      [
        ...(isManaged || isStandardSet ? ["BentoCompute"] : []),
        "BentoImage",
        "BentoLambda",
        ...(settings.queue === undefined ? [] : ["BentoQueue"]),
        "BentoRegistry",
        "NoAssetSynthesizer",
      ],
    ],
  ];
  return lines
    .filter(([, names]) => names.length > 0)
    .map(([from, names]) => `import { ${names.join(", ")} } from ${literal(from)};`)
    .join("\n");
}

function optionalProps(target: LambdaAppSpec): string {
  const { settings } = target;
  const { roleArn, permissionsBoundaryArn: boundary, queue } = settings;
  const lines = [
    ...computeLines(target),
    ...(roleArn === undefined
      ? []
      : [`role: Role.fromRoleArn(service, "Role", ${literal(roleArn)}, { mutable: false }),`]),
    ...(boundary === undefined
      ? []
      : [
          `permissionsBoundary: ManagedPolicy.fromManagedPolicyArn(service, "Boundary", ${literal(boundary)}),`,
        ]),
    ...(settings.url === "none" ? [] : [`url: { auth: ${literal(settings.url)} },`]),
    ...(queue === undefined
      ? []
      : [
          "queue: BentoQueue.create({",
          `  batchSize: ${queue.batchSize},`,
          `  batchWindow: Duration.seconds(${queue.windowSeconds}),`,
          ...(queue.maxConcurrency === undefined
            ? []
            : [`  maxConcurrency: ${queue.maxConcurrency},`]),
          ...(queue.api === undefined ? [] : [`  api: ${literal(queue.api)},`]),
          "}),",
        ]),
  ];
  return lines.map((line) => `  ${line}\n`).join("");
}

function computeLines({ settings }: LambdaAppSpec): string[] {
  const { compute, reservedConcurrency, snapStart } = settings;
  if (compute.kind === "managed-instances") {
    return managedLines(compute);
  }
  const given = {
    ...(reservedConcurrency === undefined ? {} : { reservedConcurrency }),
    ...(snapStart ? { snapStart } : {}),
  };
  return Object.keys(given).length === 0
    ? []
    : [`compute: BentoCompute.standard(${literal(given)}),`];
}

function managedLines(compute: LambdaManagedCompute): string[] {
  const { capacityProviderArn: arn, subnetIds, securityGroupIds, instanceTypes } = compute;
  const network =
    arn === undefined
      ? [
          `subnets: ${literal(subnetIds)}.map((id) => Subnet.fromSubnetId(service, id, id)),`,
          `securityGroups: ${literal(securityGroupIds)}.map((id) =>`,
          "  SecurityGroup.fromSecurityGroupId(service, id, id, { mutable: false }),",
          "),",
          ...(instanceTypes.length === 0
            ? []
            : [`instanceTypes: ${literal(instanceTypes)}.map((name) => new InstanceType(name)),`]),
        ]
      : [
          `capacityProvider: CapacityProvider.fromCapacityProviderArn(service, "Capacity", ${literal(arn)}),`,
        ];
  const bounds = [
    ["minEnvironments", compute.minEnvironments],
    ["maxEnvironments", compute.maxEnvironments],
  ].flatMap(([name, value]) => (value === undefined ? [] : [`${name}: ${value},`]));
  return [
    "compute: BentoCompute.managedInstances({",
    ...[
      ...network,
      `memoryPerVCpu: Size.gibibytes(${compute.memoryGibPerVcpu}),`,
      `maxConcurrency: ${compute.maxConcurrency},`,
      ...bounds,
    ].map((line) => `  ${line}`),
    "}),",
  ];
}

function urlLines({ settings: { url } }: LambdaAppSpec): string {
  return url === "none"
    ? ""
    : 'new CfnOutput(service, "FunctionUrl", { value: bento.url?.url ?? "" });\n';
}

function secretLines({ settings }: LambdaAppSpec): string {
  return secretRights(settings)
    .map(
      ({ action, arns }) =>
        `bento.role.addToPrincipalPolicy(
  new PolicyStatement({ actions: [${literal(action)}], resources: ${literal(arns)} }),
);
`,
    )
    .join("");
}
