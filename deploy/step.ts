/**
 * Tells of one step of work, with its time.
 *
 * @module
 */
import { silent } from "../core/progress.ts";
import type { DeployRuntime } from "./runtime.ts";

/**
 * @param detail - what to say at its end, from what it returned
 */
export async function step<Result>(
  name: string,
  { onProgress = silent, now }: Pick<DeployRuntime, "onProgress" | "now">,
  work: { run: () => Promise<Result>; detail?: (result: Result) => string | undefined },
): Promise<Result> {
  onProgress({ kind: "step-start", step: name });
  const startedAt = now().getTime();
  const result = await work.run();
  const detail = work.detail?.(result);
  onProgress({
    kind: "step-end",
    step: name,
    durationMs: now().getTime() - startedAt,
    ...(detail === undefined ? {} : { detail }),
  });
  return result;
}
