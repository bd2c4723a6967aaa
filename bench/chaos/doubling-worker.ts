/**
 * A thread in the place of a model: doubles what it is given, fails a batch that has a poisoned row, and dies of a deadly
 * one.
 *
 * @module
 */
import { parentPort } from "node:worker_threads";
import type { WorkerReply, WorkerRequest } from "../../handler/runner/worker-messages.ts";
import { DEADLY, POISON } from "./rows.ts";

const spec = { dtype: "float32", dims: ["n", 2] } as const;
const reply = (message: WorkerReply) => parentPort?.postMessage(message);

parentPort?.on("message", ({ id, inputs }: WorkerRequest) => {
  const given = inputs["X"];
  if (given?.dtype !== "float32") {
    throw new Error("X is float32");
  }
  const data = given.data as Float32Array;
  if (data.includes(DEADLY)) {
    process.exit(3);
  }
  if (data.includes(POISON)) {
    reply({ kind: "failed", id, message: "poisoned", spent: [] });
    return;
  }
  const doubled = data.map((cell) => 2 * cell);
  reply({ kind: "done", id, outputs: { Y: { ...given, data: doubled } }, spent: [] });
});
reply({
  kind: "ready",
  spec: {
    inputs: [{ name: "X", ...spec, dims: [...spec.dims] }],
    outputs: [{ name: "Y", ...spec, dims: [...spec.dims] }],
  },
});
