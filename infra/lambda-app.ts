/**
 * A bento on AWS Lambda as a whole CDK app, from plain data: a stack for its images, a stack for its function. The CLI
 * applies them; `--emit` writes them out.
 *
 * @module
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  App,
  CfnOutput,
  Duration,
  type IStackSynthesizer,
  Size,
  Stack,
  type StackProps,
  Tags,
} from "aws-cdk-lib";
import { InstanceType, SecurityGroup, Subnet } from "aws-cdk-lib/aws-ec2";
import { Repository } from "aws-cdk-lib/aws-ecr";
import { ManagedPolicy, PolicyStatement, Role } from "aws-cdk-lib/aws-iam";
import {
  Architecture,
  CapacityProvider,
  CfnVersion,
  type Function as LambdaFunction,
} from "aws-cdk-lib/aws-lambda";
import type { RetentionDays } from "aws-cdk-lib/aws-logs";
import { BentoCompute } from "./bento-compute.ts";
import { BentoImage } from "./bento-image.ts";
import { BentoLambda } from "./bento-lambda.ts";
import { BentoQueue } from "./bento-queue.ts";
import { BentoRegistry } from "./bento-registry.ts";
import { given } from "./given.ts";
import {
  LAMBDA_CONSTRUCTS,
  type LambdaAppSpec,
  type LambdaManagedCompute,
  type LambdaSettings,
  lambdaSettingsDigest,
  lambdaVariables,
  secretRights,
} from "./lambda-spec.ts";
import { NoAssetSynthesizer } from "./no-asset-synthesizer.ts";

export interface LambdaTemplates {
  readonly registry: object;
  readonly service: object;
}

export interface LambdaAppOptions {
  /** Where the templates go. Absolute. */
  readonly outdir: string;
  /** Who moves versions and traffic: `cli` keeps the template of both as it is. */
  readonly traffic: "stack" | "cli";
}

/** Both stacks, synthesised into a folder. */
export async function synthesizeLambdaStacks(
  spec: LambdaAppSpec,
  { outdir, traffic }: LambdaAppOptions,
) {
  const app = new App({ outdir, analyticsReporting: false });
  addRegistryStack(app, spec);
  addServiceStack(app, spec, traffic);
  return app.synth();
}

/**
 * @returns both CloudFormation templates as a user keeps them; nothing is left on disk
 */
export async function synthesizeLambdaApp(spec: LambdaAppSpec): Promise<LambdaTemplates> {
  const outdir = await mkdtemp(join(tmpdir(), "bento-cdk-"));
  try {
    const assembly = await synthesizeLambdaStacks(spec, { outdir, traffic: "stack" });
    return {
      registry: assembly.getStackByName(spec.registryStack).template,
      service: assembly.getStackByName(spec.serviceStack).template,
    };
  } finally {
    await rm(outdir, { recursive: true, force: true });
  }
}

function addRegistryStack(app: App, spec: LambdaAppSpec): void {
  const stack = newStack(app, spec.registryStack, spec);
  new BentoRegistry(stack, "Images", { repositoryName: spec.repository });
}

function addServiceStack(app: App, spec: LambdaAppSpec, traffic: "stack" | "cli"): void {
  const { settings } = spec;
  const stack = newStack(app, spec.serviceStack, spec);
  const repository = Repository.fromRepositoryName(stack, "Images", spec.image.repository);
  const service = new BentoLambda(stack, "Bento", {
    image: BentoImage.fromEcr({ repository, digest: spec.image.digest }),
    functionName: settings.functionName,
    // one that the CLI moves on is of no version for long
    description: traffic === "cli" ? spec.bentoName : spec.image.tag,
    architecture: settings.architecture === "arm64" ? Architecture.ARM_64 : Architecture.X86_64,
    compute: computeOf(stack, settings),
    memory: Size.mebibytes(settings.memoryMb),
    timeout: Duration.seconds(settings.timeoutSeconds),
    ephemeralStorage: Size.mebibytes(settings.ephemeralStorageMb),
    environment: lambdaVariables(settings),
    // The enum's members are numbers of days; the adapter takes no others.
    logRetention: settings.logRetentionDays as RetentionDays,
    traffic,
    ...callersOf(settings),
    ...rolesOf(stack, settings),
  });
  for (const { action, arns } of secretRights(settings)) {
    service.role.addToPrincipalPolicy(
      new PolicyStatement({ actions: [action], resources: [...arns] }),
    );
  }
  new CfnOutput(stack, "AliasArn", { value: service.alias.functionArn });
  new CfnOutput(stack, "LogGroupName", { value: service.logGroup.logGroupName });
  if (service.url !== undefined) {
    new CfnOutput(stack, "FunctionUrl", { value: service.url.url });
  }
  if (traffic === "cli") {
    labelForCli(stack, service.function, spec);
    describeFirst(service, spec);
  }
}

function computeOf(stack: Stack, { compute, reservedConcurrency, snapStart }: LambdaSettings) {
  return compute.kind === "standard"
    ? BentoCompute.standard({
        ...given({ reservedConcurrency }),
        ...(snapStart ? { snapStart } : {}),
      })
    : managedInstances(stack, compute);
}

function managedInstances(stack: Stack, compute: LambdaManagedCompute): BentoCompute {
  const { capacityProviderArn: arn, instanceTypes } = compute;
  const memoryPerVCpu = Size.gibibytes(compute.memoryGibPerVcpu);
  const { maxConcurrency } = compute;
  if (arn !== undefined) {
    const capacityProvider = CapacityProvider.fromCapacityProviderArn(stack, "Capacity", arn);
    return BentoCompute.managedInstances({ capacityProvider, memoryPerVCpu, maxConcurrency });
  }
  return BentoCompute.managedInstances({
    subnets: compute.subnetIds.map((id) => Subnet.fromSubnetId(stack, id, id)),
    securityGroups: compute.securityGroupIds.map((id) =>
      SecurityGroup.fromSecurityGroupId(stack, id, id, { mutable: false }),
    ),
    ...(instanceTypes.length === 0
      ? {}
      : { instanceTypes: instanceTypes.map((name) => new InstanceType(name)) }),
    memoryPerVCpu,
    maxConcurrency,
  });
}

function rolesOf(stack: Stack, { roleArn, permissionsBoundaryArn: boundary }: LambdaSettings) {
  return given({
    role:
      roleArn === undefined
        ? undefined
        : Role.fromRoleArn(stack, "Role", roleArn, { mutable: false }),
    permissionsBoundary:
      boundary === undefined
        ? undefined
        : ManagedPolicy.fromManagedPolicyArn(stack, "Boundary", boundary),
  });
}

/** How requests come, beside Lambda's own API. */
function callersOf({ queue, url }: LambdaSettings) {
  return given({
    url: url === "none" ? undefined : { auth: url },
    queue:
      queue === undefined
        ? undefined
        : BentoQueue.create({
            batchSize: queue.batchSize,
            batchWindow: Duration.seconds(queue.windowSeconds),
            ...given({ maxConcurrency: queue.maxConcurrency, api: queue.api }),
          }),
  });
}

/** By these the CLI knows a function's settings without its stack, and the stack's own without ours. */
function labelForCli(stack: Stack, target: LambdaFunction, spec: LambdaAppSpec): void {
  Tags.of(target).add("bento:spec", lambdaSettingsDigest(spec.settings));
  stack.templateOptions.metadata = { bentokit: { spec, constructs: LAMBDA_CONSTRUCTS } };
}

/** As the versions that come by the API: by its bento. */
function describeFirst({ version }: BentoLambda, { image }: LambdaAppSpec): void {
  const resource = version.node.defaultChild;
  if (resource instanceof CfnVersion) {
    resource.description = image.tag;
  }
}

function newStack(
  app: App,
  stackName: string,
  { account, region, bentoName }: LambdaAppSpec,
): Stack {
  const props: StackProps = {
    stackName,
    // Its base class writes `string | undefined` where the interface has an optional member.
    synthesizer: new NoAssetSynthesizer() as IStackSynthesizer,
    env: given({ account, region }),
  };
  const stack = new Stack(app, stackName, props);
  Tags.of(stack).add("bento:name", bentoName);
  return stack;
}
