/**
 * What a verb of `bento deployment` acts on: the newest record with its platform, or where records are lost, what the
 * platform alone can find.
 *
 * @module
 */
import type { Adapter, DeployContext, Rollout } from "../adapters/adapter.ts";
import type { Deployment } from "../core/deployment.ts";
import { parseOptions } from "./options.ts";
import { contextOf, getDeployment } from "./records.ts";
import { adapterOf, rolloutOf } from "./rollout-of.ts";
import type { DeploymentKey, DeployRuntime, GivenOptions } from "./runtime.ts";

export interface Subject {
  readonly adapter: Adapter;
  readonly rollout: Rollout;
  /** The newest; undefined where records are lost and the platform has it. */
  readonly record: Deployment | undefined;
  readonly context: DeployContext;
}

/**
 * @throws BentoError BENTO_NOT_FOUND with the names that exist when neither a record nor the platform knows it
 */
export async function subjectOf(
  key: DeploymentKey,
  runtime: DeployRuntime,
  given: GivenOptions = {},
): Promise<Subject> {
  const adapter = await adapterOf(key.platform, runtime);
  const rollout = rolloutOf(adapter);
  const record = await runtime.store.deployments.latest(key);
  const options = optionsOf(adapter, given);
  const context = contextOf(key, { latest: record, options }, runtime);
  const isTold = record !== undefined && Object.keys(record.details).length > 0;
  if (isTold || record?.outcome === "destroyed") {
    return { adapter, rollout, record, context };
  }
  const found = await rollout.find?.(context);
  if (record === undefined && found === undefined) {
    await getDeployment(key, runtime); // says which there are
  }
  const { details } = found ?? context;
  return { adapter, rollout, record, context: { ...context, details } };
}

/** Without any given the platform's defaults, or nothing where it has an option that must be given. */
function optionsOf(adapter: Adapter, { options = {}, sets = [] }: GivenOptions): unknown {
  return Object.keys(options).length === 0 && sets.length === 0
    ? adapter.options.safeParse({}).data
    : parseOptions(adapter, options, sets);
}
