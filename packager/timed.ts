/**
 * Tells the start and the end of a step of work, with its time.
 *
 * @module
 */
import { performance } from "node:perf_hooks";
import type { OnProgress } from "../core/progress.ts";

/**
 * @param step - what people read, e.g. `bundle`
 * @param detail - said of the result when the step ends
 */
export async function timed<T>(
  step: string,
  onProgress: OnProgress,
  work: () => Promise<T>,
  detail?: (result: T) => string,
): Promise<T> {
  onProgress({ kind: "step-start", step });
  const startedMs = performance.now();
  const result = await work();
  const durationMs = performance.now() - startedMs;
  const said = detail?.(result);
  onProgress({
    kind: "step-end",
    step,
    durationMs,
    ...(said === undefined ? {} : { detail: said }),
  });
  return result;
}
