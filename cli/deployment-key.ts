/**
 * Which deployment a command is about: from its name and flags, and the environments of the project it is run in.
 *
 * @module
 */
import type { Adapter } from "../adapters/adapter.ts";
import { cloudName } from "../core/cloud-name.ts";
import type { DeploymentKey, DeployRuntime, GivenOptions } from "../deploy/runtime.ts";
import type { Store } from "../model-store/store.ts";
import type { CliContext } from "./context.ts";
import { deployRuntime } from "./deploy-runtime.ts";
import { drawProgress } from "./progress.ts";
import { storeOf } from "./store.ts";

export interface DeploymentFlags {
  /** @default the environment's, else local */
  readonly platform?: string;
  readonly env: string;
  /** `key=value`, over the environment's options. */
  readonly set?: readonly string[];
  readonly store?: string;
  readonly json?: boolean;
}

export interface NamedDeployment {
  readonly key: DeploymentKey;
  readonly adapter: Adapter;
  /** Where no record tells. */
  readonly given: GivenOptions;
  readonly store: Store;
  readonly runtime: DeployRuntime;
}

/** Names of deployments are at most so long on any platform. */
const LONGEST_NAME = 63;

/** @param name - of the deployment or of its bento */
export async function namedDeployment(
  context: CliContext,
  name: string,
  flags: DeploymentFlags,
): Promise<NamedDeployment> {
  const { adapter, given } = await placeOf(context, flags);
  const store = await storeOf(context, flags.store);
  const onProgress = drawProgress(context, flags.json === true);
  const runtime = await deployRuntime(context, flags, onProgress);
  const place = { platform: adapter.platform, environment: flags.env };
  // the bento's own name is taken too: deployments carry it as the platform writes it, with their environment
  const names = [name, `${name}-${flags.env}`].map((text) => cloudName(text, LONGEST_NAME));
  for (const candidate of names) {
    const key = { ...place, name: candidate };
    if ((await store.deployments.latest(key)) !== undefined) {
      return { key, adapter, given, store, runtime };
    }
  }
  return { key: { ...place, name: names[0] ?? name }, adapter, given, store, runtime };
}

/** The platform that flags and project name, with the options that they give; a wrong one is said at once. */
export async function placeOf(
  context: CliContext,
  { platform: asked, env, set }: Pick<DeploymentFlags, "platform" | "env" | "set">,
): Promise<{ readonly adapter: Adapter; readonly given: GivenOptions }> {
  const { platform: planned, name: _name, ...options } = await environmentOf(context, env);
  const platform = asked ?? planned ?? "local";
  const { loadAdapter } = await import("../adapters/registry.ts");
  const adapter = await loadAdapter(platform);
  // the options of another platform would all be unknown ones here
  const isOther = planned !== undefined && planned !== platform;
  return { adapter, given: { options: isOther ? {} : options, sets: set } };
}

/** A project that cannot be read keeps nobody from looking after what it deployed. */
async function environmentOf(
  context: CliContext,
  env: string,
): Promise<{ readonly platform?: string | undefined; readonly name?: string | undefined }> {
  const { readBentofile } = await import("../packager/project.ts");
  try {
    const { environments } = await readBentofile(context.cwd);
    return (Object.hasOwn(environments, env) ? environments[env] : undefined) ?? {};
  } catch (error) {
    const [line] = (error instanceof Error ? error.message : String(error)).split("\n");
    context.err(`! the environments of bentofile.yaml are left out: ${line}\n`);
    return {};
  }
}
