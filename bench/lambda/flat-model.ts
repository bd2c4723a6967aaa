/**
 * A model whose run takes nearly as long for ten rows as for one, because all of its time goes into starting its many tiny
 * operations: what batching gains most from, with hardly any memory.
 *
 * @module
 */
import { graphWriter } from "../models/onnx-writer.ts";

export const WIDTH = 16;

/** @returns float32 X [n, 16] to Y [n, 16], in which X is left to be seen */
export function flatModel(layers: number): Buffer {
  const graph = graphWriter(6);
  let at = "X";
  for (let layer = 0; layer < layers; layer += 1) {
    const weights = graph.weights([WIDTH, WIDTH], 1 / Math.sqrt(WIDTH));
    const sum = graph.node("Einsum", [at, weights], { equation: "ij,jk->ik" });
    at = graph.node("Sigmoid", [sum]);
  }
  graph.nodeOf("", "Add", { inputs: [at, "X"], outputs: ["Y"], attributes: {} });
  return graph.finish(
    [{ name: "X", elemType: 1, dims: ["n", WIDTH] }],
    [{ name: "Y", elemType: 1, dims: ["n", WIDTH] }],
  );
}
