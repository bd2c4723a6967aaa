/**
 * Runners over plain functions, for tests of what stands above a model.
 *
 * @module
 */

import type { BatchSettings } from "../../core/model-ref.ts";
import type { Tensors } from "../../handler/runner/onnx-session.ts";
import { createRunner, type LoadedRunner } from "../../handler/runner/runner.ts";

export interface FakeRunnerOptions {
  /** One run of the "model". @default Y is twice X */
  readonly run?: (inputs: Tensors) => Tensors | Promise<Tensors>;
  readonly settings?: BatchSettings;
  /** @default true */
  readonly isBatchable?: boolean;
}

export interface FakeRunner extends LoadedRunner {
  /** Rows of each run so far. */
  readonly runs: number[];
}

/** A runner with `X` float32 [n, 2] to `Y` of the same. */
export function fakeRunner(options: FakeRunnerOptions = {}): FakeRunner {
  const { run = double, isBatchable = true, settings } = options;
  const runs: number[] = [];
  const spec = { dtype: "float32", dims: ["n", 2] } as const;
  const runner = createRunner({
    name: "fake",
    isBatchable,
    settings,
    host: {
      threads: 1,
      spec: {
        inputs: [{ name: "X", ...spec, dims: [...spec.dims] }],
        outputs: [{ name: "Y", ...spec, dims: [...spec.dims] }],
      },
      async run(inputs) {
        runs.push(inputs["X"]?.dims[0] ?? 0);
        return run(inputs);
      },
      close: async () => {},
    },
  });
  return { ...runner, runs };
}

function double(inputs: Tensors): Tensors {
  const given = inputs["X"];
  if (given?.dtype !== "float32") {
    throw new Error("X is float32");
  }
  const data = Float32Array.from(given.data as Float32Array, (value) => 2 * value);
  return { Y: { dtype: "float32", dims: given.dims, data } };
}
