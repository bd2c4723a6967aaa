/**
 * The `app.ts` of an emitted CDK app: what a person would have written, and can go on from.
 *
 * @module
 */
import { type EcsAppSpec, parameterName } from "../../infra/ecs-spec.ts";
import { literal } from "../aws/literal.ts";

/** TypeScript that gives the same templates as `synthesizeEcsApp`. */
export function appSource(spec: EcsAppSpec): string {
  return `/** ${spec.tag} on Amazon ECS. Written once by bento deploy --emit; yours to change. */
${importLines(spec)}

const app = new App();
const env = ${literal({ account: spec.account, region: spec.region })};

// The repository of its images, kept when the stack is deleted. Deploy it first, then push the image.
const registry = new Stack(app, ${literal(spec.registryStack)}, { env, synthesizer: new NoAssetSynthesizer() });
new BentoRegistry(registry, "Images", { repositoryName: ${literal(spec.repository)} });

const service = new Stack(app, ${literal(spec.serviceStack)}, { env, synthesizer: new NoAssetSynthesizer() });
const vpc = Vpc.fromVpcAttributes(service, "Network", ${literal(network(spec))});
const bento = new BentoEcsGpuService(service, "Bento", {
  image: BentoImage.fromEcr({
    repository: Repository.fromRepositoryName(service, "Images", ${literal(spec.repository)}),
    digest: ${literal(spec.imageDigest)},
  }),
  vpc,
${[...settingLines(spec), ...optionalLines(spec)].map((line) => `  ${line}\n`).join("")}});
Tags.of(bento.taskDefinition).add("bento:version", ${literal(spec.tag)});
new CfnOutput(service, "Url", { value: bento.url });
new CfnOutput(service, "LogGroupName", { value: bento.logGroup.logGroupName });

for (const stack of [registry, service]) {
  Tags.of(stack).add("bento:name", ${literal(spec.bentoName)});
}

// Nobody may reach it yet. To let somebody: bento.connections.allowDefaultPortFrom(caller)
`;
}

function network(spec: EcsAppSpec): object {
  return {
    vpcId: spec.vpcId,
    availabilityZones: spec.availabilityZones,
    privateSubnetIds: spec.subnets,
    ...(spec.publicSubnets.length === 0 ? {} : { publicSubnetIds: spec.publicSubnets }),
  };
}

function settingLines(spec: EcsAppSpec): string[] {
  return [
    `internetFacing: ${spec.isPublic},`,
    `capacity: ${capacity(spec)},`,
    `rollout: ${rollout(spec)},`,
    `serviceName: ${literal(spec.serviceName)},`,
    `gpuCount: ${spec.gpus},`,
    `cpu: ${spec.cpu},`,
    `memory: Size.mebibytes(${spec.memoryMb}),`,
    `environment: ${literal(spec.environment)},`,
    `requestTimeout: Duration.seconds(${spec.timeoutSeconds}),`,
    `startTimeout: Duration.minutes(${spec.startTimeoutMinutes}),`,
    `minTasks: ${spec.minTasks},`,
    `maxTasks: ${spec.maxTasks},`,
    `logRetention: ${spec.logRetentionDays},`,
  ];
}

function optionalLines(spec: EcsAppSpec): string[] {
  const { requestsPerTask, maxGpus, cluster, certificate, securityGroups } = spec;
  const role = (name: string, id: string, arn: string | undefined) =>
    arn === undefined
      ? []
      : [`${name}: Role.fromRoleArn(service, "${id}", ${literal(arn)}, { mutable: false }),`];
  return [
    ...(requestsPerTask === undefined ? [] : [`requestsPerTask: ${requestsPerTask},`]),
    ...(maxGpus === undefined ? [] : [`maxGpus: ${maxGpus},`]),
    ...(cluster === undefined
      ? []
      : [
          `cluster: Cluster.fromClusterAttributes(service, "Cluster", { clusterName: ${literal(cluster)}, vpc }),`,
        ]),
    ...(securityGroups.length === 0
      ? []
      : [
          `securityGroups: ${literal(securityGroups)}.map((id, index) => SecurityGroup.fromSecurityGroupId(service, \`TaskGroup\${index}\`, id)),`,
        ]),
    ...(certificate === undefined
      ? []
      : [
          `certificate: Certificate.fromCertificateArn(service, "Certificate", ${literal(certificate)}),`,
        ]),
    ...role("taskRole", "TaskRole", spec.taskRole),
    ...role("executionRole", "ExecutionRole", spec.executionRole),
    ...(spec.permissionsBoundary === undefined
      ? []
      : [
          `permissionsBoundary: ManagedPolicy.fromManagedPolicyArn(service, "Boundary", ${literal(spec.permissionsBoundary)}),`,
        ]),
    ...secretLines(spec),
  ];
}

function secretLines({ secrets }: EcsAppSpec): string[] {
  const lines = Object.entries(secrets).map(([name, arn]) => {
    const id = literal(`Secret${name}`);
    const parameter = parameterName(arn);
    const value =
      parameter === undefined
        ? `TaskSecret.fromSecretsManager(Secret.fromSecretCompleteArn(service, ${id}, ${literal(arn)}))`
        : `TaskSecret.fromSsmParameter(StringParameter.fromSecureStringParameterAttributes(service, ${id}, ${literal({ parameterName: parameter })}))`;
    return `  ${name}: ${value},`;
  });
  return lines.length === 0 ? [] : ["secrets: {", ...lines, "},"];
}

function capacity({
  capacity: kind,
  instanceTypes,
  spot,
  region = "",
  ...spec
}: EcsAppSpec): string {
  const [type = ""] = instanceTypes;
  if (spec.capacityProvider !== undefined) {
    const isManagedInstances = kind === "managed-instances";
    const existing = { capacityProviderName: spec.capacityProvider, isManagedInstances };
    return `BentoGpuCapacity.existing(${literal(existing)})`;
  }
  const factor = spec.rollout === "recreate" ? 1 : 2;
  return kind === "managed-instances"
    ? `BentoGpuCapacity.managedInstances(${literal({ allowedInstanceTypes: instanceTypes, spot })})`
    : `BentoGpuCapacity.autoScalingGroup({ instanceType: new InstanceType(${literal(type)}), machineImage: MachineImage.genericLinux(${literal({ [region]: spec.amiId })}), maxInstances: ${factor * spec.maxTasks} })`;
}

function rollout(spec: EcsAppSpec): string {
  const { rollout: kind, rolloutPercent, rolloutBakeMinutes = 0, pauseAt, pauseMinutes } = spec;
  const bake = `Duration.minutes(${rolloutBakeMinutes})`;
  const shift = [
    `bakeAfter: ${bake}`,
    ...(pauseAt === undefined ? [] : [`pauseAt: ${literal([pauseAt])}`]),
    ...(pauseMinutes === undefined ? [] : [`pauseTimeout: Duration.minutes(${pauseMinutes})`]),
  ];
  const step = [`percent: ${rolloutPercent}`, `bake: ${bake}`];
  switch (kind) {
    case "rolling":
    case "recreate":
      return `BentoRollout.${kind}()`;
    case "blue-green":
      return `BentoRollout.blueGreen({ ${shift.join(", ")} })`;
    case "canary":
    case "linear":
      return `BentoRollout.${kind}({ ${[...step, ...shift].join(", ")} })`;
  }
}

/** In the order of their packages; only what the app uses. */
function importLines(spec: EcsAppSpec): string {
  const arns = Object.values(spec.secrets);
  const isParameter = arns.some((arn) => parameterName(arn) !== undefined);
  const isSecret = arns.some((arn) => parameterName(arn) === undefined);
  const isGroup = spec.capacity === "asg" && spec.capacityProvider === undefined;
  const when = (isUsed: boolean, ...names: string[]) => (isUsed ? names : []);
  const lines: [string, string[]][] = [
    ["aws-cdk-lib", ["App", "CfnOutput", "Duration", "Size", "Stack", "Tags"]],
    ["aws-cdk-lib/aws-certificatemanager", when(spec.certificate !== undefined, "Certificate")],
    [
      "aws-cdk-lib/aws-ec2",
      [
        ...when(isGroup, "InstanceType", "MachineImage"),
        ...when(spec.securityGroups.length > 0, "SecurityGroup"),
        "Vpc",
      ],
    ],
    ["aws-cdk-lib/aws-ecr", ["Repository"]],
    [
      "aws-cdk-lib/aws-ecs",
      [
        ...when(spec.cluster !== undefined, "Cluster"),
        ...when(arns.length > 0, "Secret as TaskSecret"),
      ],
    ],
    [
      "aws-cdk-lib/aws-iam",
      [
        ...when(spec.permissionsBoundary !== undefined, "ManagedPolicy"),
        ...when(spec.taskRole !== undefined || spec.executionRole !== undefined, "Role"),
      ],
    ],
    ["aws-cdk-lib/aws-secretsmanager", when(isSecret, "Secret")],
    ["aws-cdk-lib/aws-ssm", when(isParameter, "StringParameter")],
    [
      "bentokit/cdk",
      [
        "BentoEcsGpuService",
        "BentoGpuCapacity",
        "BentoImage",
        "BentoRegistry",
        "BentoRollout",
        "NoAssetSynthesizer",
      ],
    ],
  ];
  return lines
    .filter(([, names]) => names.length > 0)
    .map(([from, names]) => `import { ${names.join(", ")} } from ${literal(from)};`)
    .join("\n");
}
