/**
 * A bento on AWS Lambda as a whole CDK app: a stack for its images, a stack for its function. Synthesised in memory to
 * the same templates that the emitted app gives.
 *
 * @module
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { App, CfnOutput, Duration, type IStackSynthesizer, Size, Stack, Tags } from "aws-cdk-lib";
import { Repository } from "aws-cdk-lib/aws-ecr";
import { Architecture } from "aws-cdk-lib/aws-lambda";
import type { RetentionDays } from "aws-cdk-lib/aws-logs";
import { BentoCompute } from "./bento-compute.ts";
import { BentoImage } from "./bento-image.ts";
import { BentoLambda } from "./bento-lambda.ts";
import { BentoRegistry } from "./bento-registry.ts";
import { NoAssetSynthesizer } from "./no-asset-synthesizer.ts";

/** Everything that the app is made of, as plain data. */
export interface LambdaAppSpec {
  readonly bentoName: string;
  /** `name:version`, for people. */
  readonly tag: string;
  readonly registryStack: string;
  readonly serviceStack: string;
  readonly repository: string;
  readonly imageDigest: string;
  readonly functionName: string;
  readonly architecture: "x86_64" | "arm64";
  readonly memoryMb: number;
  readonly timeoutSeconds: number;
  readonly ephemeralStorageMb: number;
  readonly environment: Readonly<Record<string, string>>;
  readonly reservedConcurrency?: number | undefined;
  readonly logRetentionDays: number;
  readonly account?: string | undefined;
  readonly region?: string | undefined;
}

export interface LambdaTemplates {
  readonly registry: object;
  readonly service: object;
}

/**
 * @returns both CloudFormation templates; nothing is left on disk
 */
export async function synthesizeLambdaApp(spec: LambdaAppSpec): Promise<LambdaTemplates> {
  const outdir = await mkdtemp(join(tmpdir(), "bento-cdk-"));
  try {
    const app = new App({ outdir, analyticsReporting: false });
    addRegistryStack(app, spec);
    addServiceStack(app, spec);
    const assembly = app.synth();
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

function addServiceStack(app: App, spec: LambdaAppSpec): void {
  const stack = newStack(app, spec.serviceStack, spec);
  const repository = Repository.fromRepositoryName(stack, "Images", spec.repository);
  const service = new BentoLambda(stack, "Bento", {
    image: BentoImage.fromEcr({ repository, digest: spec.imageDigest }),
    functionName: spec.functionName,
    description: spec.tag,
    architecture: spec.architecture === "arm64" ? Architecture.ARM_64 : Architecture.X86_64,
    memory: Size.mebibytes(spec.memoryMb),
    timeout: Duration.seconds(spec.timeoutSeconds),
    ephemeralStorage: Size.mebibytes(spec.ephemeralStorageMb),
    environment: spec.environment,
    // The enum's members are numbers of days; the adapter takes no others.
    logRetention: spec.logRetentionDays as RetentionDays,
    ...(spec.reservedConcurrency === undefined
      ? {}
      : { compute: BentoCompute.standard({ reservedConcurrency: spec.reservedConcurrency }) }),
  });
  new CfnOutput(stack, "AliasArn", { value: service.alias.functionArn });
  new CfnOutput(stack, "LogGroupName", { value: service.logGroup.logGroupName });
}

function newStack(
  app: App,
  stackName: string,
  { account, region, bentoName }: LambdaAppSpec,
): Stack {
  const stack = new Stack(app, stackName, {
    stackName,
    // Its base class writes `string | undefined` where the interface has an optional member.
    synthesizer: new NoAssetSynthesizer() as IStackSynthesizer,
    env: {
      ...(account === undefined ? {} : { account }),
      ...(region === undefined ? {} : { region }),
    },
  });
  Tags.of(stack).add("bento:name", bentoName);
  return stack;
}
