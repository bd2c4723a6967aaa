/**
 * What the deploy engine works with, from the command line's surroundings.
 *
 * @module
 */
import type { OnProgress } from "../core/progress.ts";
import type { DeployRuntime } from "../deploy/runtime.ts";
import { type CliContext, homeOf } from "./context.ts";
import { storeOf } from "./store.ts";

export async function deployRuntime(
  context: CliContext,
  flags: { readonly store?: string },
  onProgress: OnProgress,
): Promise<DeployRuntime> {
  const store = await storeOf(context, flags.store);
  return {
    store,
    home: homeOf(context),
    projectDirectory: context.cwd,
    ambient: context.environment,
    now: () => new Date(),
    by: context.environment["USER"],
    onProgress,
    signal: context.signal,
  };
}
