/**
 * A model whose run takes nearly as long for ten rows as for one, and hardly any memory: a recurrence, whose many steps wait
 * for each other.
 *
 * @module
 */
import { graphWriter } from "../models/onnx-writer.ts";

export const WIDTH = 16;

/** @returns float32 X [n, 16] to Y [n, 16], in which X is left to be seen */
export function flatModel(steps: number): Buffer {
  const graph = graphWriter(6);
  const once = graph.node("Unsqueeze", ["X", graph.integers([0])]);
  const many = graph.node("Expand", [once, graph.integers([steps, 1, 1])]);
  graph.nodeOf("", "LSTM", {
    inputs: [
      many,
      graph.weights([1, 4 * WIDTH, WIDTH], 0.2),
      graph.weights([1, 4 * WIDTH, WIDTH], 0.2),
    ],
    outputs: ["", "last"],
    attributes: { hidden_size: WIDTH },
  });
  const state = graph.node("Squeeze", ["last", graph.integers([0])]);
  graph.nodeOf("", "Add", { inputs: [state, "X"], outputs: ["Y"], attributes: {} });
  return graph.finish(
    [{ name: "X", elemType: 1, dims: ["n", WIDTH] }],
    [{ name: "Y", elemType: 1, dims: ["n", WIDTH] }],
  );
}
