/**
 * Leaves a record of traffic that was moved: a copy of the record of what has it now, so that it says all that a deploy
 * said.
 *
 * @module
 */
import type { Shifted } from "../adapters/adapter.ts";
import { BentoError } from "../core/bento-error.ts";
import type { Deployment } from "../core/deployment.ts";
import { formatTag, parseTag } from "../core/tag.ts";
import { plannedBento } from "./planned-bento.ts";
import type { DeploymentKey, DeployRuntime } from "./runtime.ts";
import { type Served, servedAs } from "./served.ts";

export interface Move {
  readonly change: NonNullable<Deployment["change"]>;
  readonly shifted: Shifted;
  /** Per cent that it has now; all of the traffic when undefined. */
  readonly canary?: number | undefined;
  /** Why, for who reads the history. */
  readonly message?: string | undefined;
  readonly served: Served;
  /** Record of what has the traffic now, unless the platform says another bento. */
  readonly usual: Deployment | undefined;
  /** The newest record when the work began. */
  readonly latest: Deployment | undefined;
}

/** @returns the record; undefined where nothing tells which bento it is of, which is told as a notice */
export async function recordMove(
  key: DeploymentKey,
  move: Move,
  runtime: DeployRuntime,
): Promise<Deployment | undefined> {
  const source = await sourceOf(key, move, runtime);
  if (source === undefined) {
    runtime.onProgress?.({
      kind: "notice",
      message: `${move.change} of ${key.name} is not in its history: nothing tells which bento serves`,
    });
    return undefined;
  }
  const { url: _url, message: _message, by: _by, canary: _canary, ...kept } = source;
  const { shifted, canary, message, change } = move;
  const record: Deployment = {
    ...kept,
    at: runtime.now().toISOString(),
    ...(runtime.by === undefined ? {} : { by: runtime.by }),
    outcome: "succeeded",
    change,
    ...(canary === undefined ? {} : { canary }),
    ...(shifted.url === undefined ? {} : { url: shifted.url }),
    ...(message === undefined ? {} : { message }),
    details: shifted.details,
  };
  await runtime.store.deployments.append(record, { after: move.latest ?? null });
  return record;
}

async function sourceOf(
  key: DeploymentKey,
  { shifted, canary, usual, served }: Move,
  runtime: DeployRuntime,
): Promise<Deployment | undefined> {
  // of two that share the traffic, the platform does not say which is the new one
  const tag = canary === undefined ? shifted.versions[0]?.bento : undefined;
  if (tag === undefined || (usual !== undefined && formatTag(usual.bento) === tag)) {
    return usual;
  }
  return servedAs(tag, served) ?? (await foundAs(tag, key, runtime));
}

/** A record for a bento that none tells of. */
async function foundAs(
  tag: string,
  { platform, environment, name }: DeploymentKey,
  runtime: DeployRuntime,
): Promise<Deployment | undefined> {
  try {
    const { name: bento, version = "" } = parseTag(tag);
    const { manifest } = await runtime.store.bentos.get({ name: bento, version });
    return {
      ...{ schema: 1, platform, environment, name, at: runtime.now().toISOString() },
      bento: plannedBento(manifest),
      outcome: "succeeded",
      verified: false,
      details: {},
    };
  } catch (error) {
    if (BentoError.isInstance(error) && error.code !== "BENTO_UNREACHABLE") {
      return undefined; // another store has it, or none
    }
    throw error;
  }
}
