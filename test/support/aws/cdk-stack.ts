/**
 * Drives the CDK's own library against the stand-ins, as the deploy code does.
 *
 * @module
 */
import { mkdtemp } from "node:fs/promises";
import { join } from "node:path";
import {
  BaseCredentials,
  type IIoHost,
  StackSelectionStrategy,
  Toolkit,
} from "@aws-cdk/toolkit-lib";
import { App, type IStackSynthesizer, Stack } from "aws-cdk-lib";
import { NoAssetSynthesizer } from "../../../infra/no-asset-synthesizer.ts";
import type { LoopbackAws } from "./start-aws.ts";

export interface CdkRun {
  /** Messages of the library, in order. */
  readonly messages: readonly string[];
}

export interface CdkStack {
  readonly name: string;
  /** Adds the stack's resources. */
  build(stack: Stack): void;
  readonly tags?: Readonly<Record<string, string>>;
}

/** Deploys by a change set. @param directory - for what the library writes */
export async function deployWithCdk(
  aws: LoopbackAws,
  stack: CdkStack,
  directory: string,
): Promise<CdkRun> {
  return await withToolkit(aws, { stack, directory }, async (toolkit, assembly) => {
    await toolkit.deploy(assembly, {
      stacks: { strategy: StackSelectionStrategy.ALL_STACKS },
      deploymentMethod: { method: "change-set", changeSetName: "bento-test" },
    });
  });
}

export async function destroyWithCdk(
  aws: LoopbackAws,
  stack: CdkStack,
  directory: string,
): Promise<CdkRun> {
  return await withToolkit(aws, { stack, directory }, async (toolkit, assembly) => {
    await toolkit.destroy(assembly, { stacks: { strategy: StackSelectionStrategy.ALL_STACKS } });
  });
}

type Assembly = Awaited<ReturnType<Toolkit["fromAssemblyBuilder"]>>;

async function withToolkit(
  aws: LoopbackAws,
  { stack, directory }: { stack: CdkStack; directory: string },
  work: (toolkit: Toolkit, assembly: Assembly) => Promise<void>,
): Promise<CdkRun> {
  const messages: string[] = [];
  const ioHost: IIoHost = {
    async notify(message) {
      messages.push(message.message);
    },
    async requestResponse(message) {
      return message.defaultResponse;
    },
  };
  process.env["CDK_HOME"] = join(directory, "cdk-home");
  Object.assign(process.env, aws.environment);
  const toolkit = new Toolkit({
    ioHost,
    color: false,
    sdkConfig: {
      baseCredentials: BaseCredentials.custom({
        region: aws.region,
        provider: async () => ({
          accessKeyId: aws.environment["AWS_ACCESS_KEY_ID"] ?? "",
          secretAccessKey: aws.environment["AWS_SECRET_ACCESS_KEY"] ?? "",
        }),
      }),
    },
  });
  // one run reads a folder while the next one may write already
  const outdir = await mkdtemp(join(directory, "cdk-out-"));
  const assembly = await toolkit.fromAssemblyBuilder(
    async () => {
      const app = new App({ outdir, analyticsReporting: false });
      const made = new Stack(app, stack.name, {
        synthesizer: new NoAssetSynthesizer() as IStackSynthesizer,
        env: { account: aws.account, region: aws.region },
        ...(stack.tags === undefined ? {} : { tags: { ...stack.tags } }),
      });
      stack.build(made);
      return app.synth();
    },
    { outdir, clobberEnv: false },
  );
  await work(toolkit, assembly);
  return { messages };
}
