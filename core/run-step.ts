/**
 * One step of long work, told as it begins and ends.
 *
 * @module
 */
import type { OnProgress } from "./progress.ts";

export interface Step<Value> {
  /** What is done, e.g. `build layer natives`. */
  readonly step: string;
  /** Words for the end of the step, from the value. */
  readonly detail?: (value: Value) => string | undefined;
  /** Milliseconds. @default the process's clock */
  readonly now?: () => number;
}

/** @param work - its value is passed on */
export async function runStep<Value>(
  onProgress: OnProgress,
  { step, detail, now = () => performance.now() }: Step<Value>,
  work: () => Promise<Value>,
): Promise<Value> {
  onProgress({ kind: "step-start", step });
  const startedMs = now();
  const value = await work();
  const durationMs = now() - startedMs;
  const words = detail?.(value);
  onProgress({
    kind: "step-end",
    step,
    durationMs,
    ...(words === undefined ? {} : { detail: words }),
  });
  return value;
}
