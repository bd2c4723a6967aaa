/**
 * What somebody must be allowed who deploys, in the platform's own policies. Writes nothing.
 *
 * @module
 */
import type { AccessPolicies, Adapter, JobsOf } from "../adapters/adapter.ts";
import { loadAdapter } from "../adapters/registry.ts";
import { BentoError } from "../core/bento-error.ts";
import { parseOptions } from "./options.ts";
import { contextOf } from "./records.ts";
import type { DeploymentKey, DeployRuntime, GivenOptions } from "./runtime.ts";

export interface AccessRequest extends GivenOptions {
  /** Name of the bento. @default as the last record has it, else the deployment's own name */
  readonly bento?: string | undefined;
  /** Environment variables whose values the platform reads, by reference. @default none */
  readonly secrets?: Readonly<Record<string, string>> | undefined;
}

/**
 * @throws BentoError BENTO_UNSUPPORTED where the platform has no policies
 */
export async function accessPolicies(
  key: DeploymentKey,
  runtime: DeployRuntime,
  { bento, options = {}, sets = [], secrets }: AccessRequest = {},
): Promise<AccessPolicies> {
  const adapter = await loadAdapter(key.platform);
  if (adapter.access === undefined) {
    throw unsupported(adapter, "policies");
  }
  const latest = await runtime.store.deployments.latest(key);
  const parsed = parseOptions(adapter, options, sets);
  const scope = {
    name: key.name,
    bento: bento ?? latest?.bento.name ?? key.name,
    options: parsed,
    secrets,
  };
  return await adapter.access(scope, contextOf(key, { latest, options: parsed }, runtime));
}

/**
 * Who may take on those rights from jobs, without any stored key.
 *
 * @param key - its name is used in no document
 * @throws BentoError BENTO_UNSUPPORTED where the platform knows no such thing; BENTO_USAGE for what is no repository
 */
export async function trustOfJobs(
  key: DeploymentKey,
  jobs: JobsOf,
  runtime: DeployRuntime,
  { options = {}, sets = [] }: GivenOptions = {},
): Promise<object> {
  const adapter = await loadAdapter(key.platform);
  if (adapter.trust === undefined) {
    throw unsupported(adapter, "roles that jobs take on");
  }
  const parsed = parseOptions(adapter, options, sets);
  return await adapter.trust(jobs, contextOf(key, { options: parsed }, runtime));
}

function unsupported({ platform }: Adapter, what: string): BentoError {
  return new BentoError("BENTO_UNSUPPORTED", `${platform} has no ${what}`, {
    where: "--platform",
    hint: "name a platform that has: --platform aws-lambda or aws-ecs-gpu",
  });
}
