/**
 * The platform that a deployment is on, as the engine asks for it.
 *
 * @module
 */
import type { Adapter, Rollout } from "../adapters/adapter.ts";
import { loadAdapter } from "../adapters/registry.ts";
import { BentoError } from "../core/bento-error.ts";
import { refuseUnmet } from "./needs.ts";
import type { DeployRuntime } from "./runtime.ts";

/** @throws BentoError as `loadAdapter` does for what is no platform */
export async function adapterOf(
  platform: string,
  runtime: Pick<DeployRuntime, "loadAdapter">,
): Promise<Adapter> {
  return await (runtime.loadAdapter ?? loadAdapter)(platform);
}

/** @throws BentoError BENTO_UNSUPPORTED for a platform that does not apply plans */
export function rolloutOf(adapter: Adapter): Rollout {
  if (adapter.rollout === undefined) {
    refuseUnmet(adapter, ["apply"]);
    throw new BentoError("BENTO_BUG", `${adapter.platform} says that it applies plans and cannot`);
  }
  return adapter.rollout;
}
