/**
 * One step of long work, told as it begins and ends.
 *
 * @module
 */
import type { OnProgress } from "./progress.ts";

/**
 * @param step - what is done, e.g. `build layer natives`
 * @param work - its value is passed on
 * @param detail - words for the end of the step, from the value
 */
export async function runStep<Value>(
  onProgress: OnProgress,
  {
    step,
    detail,
  }: { readonly step: string; readonly detail?: (value: Value) => string | undefined },
  work: () => Promise<Value>,
): Promise<Value> {
  onProgress({ kind: "step-start", step });
  const startedMs = performance.now();
  const value = await work();
  const durationMs = performance.now() - startedMs;
  const words = detail?.(value);
  onProgress({
    kind: "step-end",
    step,
    durationMs,
    ...(words === undefined ? {} : { detail: words }),
  });
  return value;
}
