/**
 * The graphs that measurements run on: true shapes, random weights, which do not change the time of a run. `n` is the axis
 * of rows everywhere.
 *
 * @module
 */
import { type GraphWriter, graphWriter, xorshift } from "./onnx-writer.ts";

/** A perceptron: float32 X [n, first] to Y [n, last], ReLU between. */
export function mlp(widths: readonly number[]): Buffer {
  const graph = graphWriter(1);
  let at = "X";
  for (const [index, width] of widths.slice(1).entries()) {
    const from = widths[index] ?? 0;
    const isLast = index === widths.length - 2;
    const sum = graph.node("Gemm", [
      at,
      graph.weights([from, width], 1 / Math.sqrt(from)),
      graph.weights([width], 0.1),
    ]);
    at = isLast ? sum : graph.node("Relu", [sum]);
  }
  graph.nodeOf("", "Identity", { inputs: [at], outputs: ["Y"], attributes: {} });
  return graph.finish(
    [{ name: "X", elemType: 1, dims: ["n", widths[0] ?? 0] }],
    [{ name: "Y", elemType: 1, dims: ["n", widths.at(-1) ?? 0] }],
  );
}

export interface EncoderShape {
  readonly layers: number;
  readonly hidden: number;
  readonly heads: number;
  readonly tokens: number;
  readonly vocabulary: number;
}

/** A sentence encoder like MiniLM: int64 ids [n, tokens] to the mean float32 embedding [n, hidden]. */
export function encoder({ layers, hidden, heads, tokens, vocabulary }: EncoderShape): Buffer {
  const graph = graphWriter(2);
  const words = graph.node("Gather", [graph.weights([vocabulary, hidden], 0.1), "ids"]);
  let at = norm(graph, graph.node("Add", [words, graph.weights([1, tokens, hidden], 0.1)]), hidden);
  for (let layer = 0; layer < layers; layer += 1) {
    const attended = attention(graph, at, { hidden, heads, tokens });
    const first = norm(graph, graph.node("Add", [at, attended]), hidden);
    const wide = gelu(graph, dense(graph, first, [hidden, 4 * hidden]));
    at = norm(graph, graph.node("Add", [first, dense(graph, wide, [4 * hidden, hidden])]), hidden);
  }
  graph.nodeOf("", "ReduceMean", {
    inputs: [at],
    outputs: ["embedding"],
    attributes: { axes: [1], keepdims: 0 },
  });
  return graph.finish(
    [{ name: "ids", elemType: 7, dims: ["n", tokens] }],
    [{ name: "embedding", elemType: 1, dims: ["n", hidden] }],
  );
}

function attention(
  graph: GraphWriter,
  input: string,
  shape: { readonly hidden: number; readonly heads: number; readonly tokens: number },
): string {
  const { hidden, heads, tokens } = shape;
  const size = hidden / heads;
  const part = (perm: readonly number[]) => {
    const flat = dense(graph, input, [hidden, hidden]);
    const split = graph.node("Reshape", [flat, graph.integers([-1, tokens, heads, size])]);
    return graph.node("Transpose", [split], { perm });
  };
  const scores = graph.node("MatMul", [part([0, 2, 1, 3]), part([0, 2, 3, 1])]);
  const scaled = graph.node("Mul", [scores, graph.scalar(1 / Math.sqrt(size))]);
  const mixed = graph.node("MatMul", [
    graph.node("Softmax", [scaled], { axis: 3 }),
    part([0, 2, 1, 3]),
  ]);
  const joined = graph.node("Transpose", [mixed], { perm: [0, 2, 1, 3] });
  return dense(graph, graph.node("Reshape", [joined, graph.integers([-1, tokens, hidden])]), [
    hidden,
    hidden,
  ]);
}

function dense(graph: GraphWriter, input: string, [from, to]: readonly [number, number]): string {
  const product = graph.node("MatMul", [input, graph.weights([from, to], 1 / Math.sqrt(from))]);
  return graph.node("Add", [product, graph.weights([to], 0.1)]);
}

function norm(graph: GraphWriter, input: string, hidden: number): string {
  const scale = graph.node("Add", [graph.weights([hidden], 0.01), graph.scalar(1)]);
  return graph.node("LayerNormalization", [input, scale, graph.weights([hidden], 0.01)], {
    axis: 2,
  });
}

function gelu(graph: GraphWriter, input: string): string {
  const error = graph.node("Erf", [graph.node("Div", [input, graph.scalar(Math.SQRT2)])]);
  const gate = graph.node("Add", [error, graph.scalar(1)]);
  return graph.node("Mul", [graph.node("Mul", [input, gate]), graph.scalar(0.5)]);
}

/** ResNet-18: float32 X [n, 3, side, side] to Y [n, 1000]; batch norms are folded into the convolutions. */
export function resnet18(side: number): Buffer {
  const graph = graphWriter(3);
  const stem = graph.node("Relu", [
    convolution(graph, "X", { from: 3, to: 64, kernel: 7, stride: 2 }),
  ]);
  let at = graph.node("MaxPool", [stem], {
    kernel_shape: [3, 3],
    strides: [2, 2],
    pads: [1, 1, 1, 1],
  });
  let width = 64;
  for (const to of [64, 64, 128, 128, 256, 256, 512, 512]) {
    const stride = to === width ? 1 : 2;
    const first = graph.node("Relu", [
      convolution(graph, at, { from: width, to, kernel: 3, stride }),
    ]);
    const second = convolution(graph, first, { from: to, to, kernel: 3, stride: 1 });
    const skip = stride === 1 ? at : convolution(graph, at, { from: width, to, kernel: 1, stride });
    at = graph.node("Relu", [graph.node("Add", [second, skip])]);
    width = to;
  }
  const pooled = graph.node("Flatten", [graph.node("GlobalAveragePool", [at])]);
  graph.nodeOf("", "Gemm", {
    inputs: [pooled, graph.weights([512, 1000], 0.04), graph.weights([1000], 0.1)],
    outputs: ["Y"],
    attributes: {},
  });
  return graph.finish(
    [{ name: "X", elemType: 1, dims: ["n", 3, side, side] }],
    [{ name: "Y", elemType: 1, dims: ["n", 1000] }],
  );
}

function convolution(
  graph: GraphWriter,
  input: string,
  shape: {
    readonly from: number;
    readonly to: number;
    readonly kernel: number;
    readonly stride: number;
  },
): string {
  const { from, to, kernel, stride } = shape;
  const pad = (kernel - 1) / 2;
  const weights = graph.weights(
    [to, from, kernel, kernel],
    Math.sqrt(3 / (from * kernel * kernel)),
  );
  return graph.node("Conv", [input, weights, graph.weights([to], 0.01)], {
    kernel_shape: [kernel, kernel],
    strides: [stride, stride],
    pads: [pad, pad, pad, pad],
  });
}

/** Boosted trees of full depth: float32 X [n, features] to label int64 [n] and probabilities float32 [n, 2]. */
export function boostedTrees({
  trees,
  depth,
  features,
}: {
  readonly trees: number;
  readonly depth: number;
  readonly features: number;
}): Buffer {
  const graph = graphWriter(4);
  const random = xorshift(5);
  const inner = 2 ** depth - 1;
  const ids = Array.from({ length: 2 ** (depth + 1) - 1 }, (_, id) => id);
  const all = Array.from({ length: trees }, (_, tree) => ids.map((id) => ({ tree, id }))).flat();
  const leaves = all.filter(({ id }) => id >= inner);
  const isInner = (id: number) => id < inner;
  graph.nodeOf("ai.onnx.ml", "TreeEnsembleClassifier", {
    inputs: ["X"],
    outputs: ["label", "probabilities"],
    attributes: {
      nodes_treeids: all.map(({ tree }) => tree),
      nodes_nodeids: all.map(({ id }) => id),
      nodes_featureids: all.map(({ id }) =>
        isInner(id) ? Math.floor((random() + 1) * 0.5 * features) : 0,
      ),
      nodes_modes: all.map(({ id }) => (isInner(id) ? "BRANCH_LEQ" : "LEAF")),
      nodes_values: { floats: all.map(({ id }) => (isInner(id) ? random() : 0)) },
      nodes_truenodeids: all.map(({ id }) => (isInner(id) ? 2 * id + 1 : 0)),
      nodes_falsenodeids: all.map(({ id }) => (isInner(id) ? 2 * id + 2 : 0)),
      class_treeids: leaves.map(({ tree }) => tree),
      class_nodeids: leaves.map(({ id }) => id),
      class_ids: leaves.map(() => 0),
      class_weights: { floats: leaves.map(() => 0.1 * random()) },
      classlabels_int64s: [0, 1],
      post_transform: "LOGISTIC",
    },
  });
  return graph.finish(
    [{ name: "X", elemType: 1, dims: ["n", features] }],
    [
      { name: "label", elemType: 7, dims: ["n"] },
      { name: "probabilities", elemType: 1, dims: ["n", 2] },
    ],
  );
}
