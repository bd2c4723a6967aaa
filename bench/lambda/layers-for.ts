/**
 * How many layers make a model of so many milliseconds on this machine, as it is now: onnxruntime alone, one thread, one row.
 *
 * @module
 */
import { createRequire } from "node:module";
import { flatModel, WIDTH } from "./flat-model.ts";

const FIRST_GUESS = 1500;
const RUNS = 300;

export interface Layers {
  readonly layers: number;
  /** Median of a run with that many, in milliseconds. */
  readonly runMs: number;
}

export async function layersFor(targetMs: number): Promise<Layers> {
  const layers = Math.round((FIRST_GUESS * targetMs) / (await medianRun(FIRST_GUESS)));
  return { layers, runMs: await medianRun(layers) };
}

async function medianRun(layers: number): Promise<number> {
  const ort: typeof import("onnxruntime-node") = createRequire(import.meta.url)("onnxruntime-node");
  const session = await ort.InferenceSession.create(flatModel(layers), { intraOpNumThreads: 1 });
  const times: number[] = [];
  for (let run = 0; run < RUNS; run += 1) {
    const input = new ort.Tensor("float32", new Float32Array(WIDTH), [1, WIDTH]);
    const startedAt = performance.now();
    await session.run({ X: input });
    times.push(performance.now() - startedAt);
  }
  await session.release();
  return times.sort((a, b) => a - b)[RUNS / 2] ?? Number.NaN;
}
