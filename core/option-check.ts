/**
 * Keys of option objects that nothing reads: a typo, or BentoML's spelling of something that has another name here.
 *
 * @module
 */
import { nearest } from "./nearest.ts";
import { show } from "./show.ts";

/** What BentoML calls the same thing. */
const BENTOML_NAMES: ReadonlyMap<string, string> = new Map([
  ["max_batch_size", "maxBatchSize"],
  ["max_latency_ms", "maxLatencyMs"],
  ["gpu_type", "gpuType"],
  ["timeout", "timeoutMs, in milliseconds"],
  ["max_concurrency", "maxConcurrency"],
  ["envs", "env, a list of names"],
  ["batchable", "the `batch` definer instead of `api`"],
  ["input_spec", "input, an object of schemas"],
  ["output_spec", "output, a schema"],
  ["route", "the api's key in what `apis` returns"],
  ["on_startup", "onStart"],
  ["on_shutdown", "onStop"],
]);

/**
 * @param where - start of each line, e.g. `apis.classify`
 * @param keys - as the user wrote them
 * @returns a line for each key that is not known
 */
export function unknownKeys(
  where: string,
  keys: readonly string[],
  known: readonly string[],
): string[] {
  return keys
    .filter((key) => !known.includes(key))
    .map((key) => `${where}: unknown option ${show(key)}${advice(key, known)}`);
}

function advice(key: string, known: readonly string[]): string {
  const ours = BENTOML_NAMES.get(key);
  if (ours !== undefined) {
    return `; here it is ${ours}`;
  }
  const near = nearest(key, known);
  return near === undefined ? "" : `; did you mean ${near}?`;
}
