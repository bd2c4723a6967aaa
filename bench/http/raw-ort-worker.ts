/**
 * A thread that runs a model again and again, and tells how many rows a second that were.
 *
 * @module
 */
import { performance } from "node:perf_hooks";
import { parentPort, workerData } from "node:worker_threads";
import type { Tensor } from "../../core/tensor.ts";
import { openSession } from "../../handler/runner/onnx-session.ts";

const session = await openSession(workerData);
parentPort?.on("message", ({ rows, durationMs }: { rows: number; durationMs: number }) => {
  void measure(rows, durationMs).then((rate) => parentPort?.postMessage(rate));
});
parentPort?.postMessage(0);

async function measure(rows: number, durationMs: number): Promise<number> {
  const inputs = Object.fromEntries(
    session.spec.inputs.map(({ name, dtype, dims: declared }): [string, Tensor] => {
      const dims = [rows, ...declared.slice(1).map(Number)];
      const length = dims.reduce((product, axis) => product * axis, 1);
      return [
        name,
        dtype === "int64"
          ? { dtype, dims, data: new BigInt64Array(length).fill(5n) }
          : { dtype: "float32", dims, data: new Float32Array(length).fill(0.3) },
      ];
    }),
  );
  const startedAt = performance.now();
  let runs = 0;
  do {
    await session.run(inputs);
    runs += 1;
  } while (performance.now() - startedAt < durationMs);
  return (1000 * runs * rows) / (performance.now() - startedAt);
}
