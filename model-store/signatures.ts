/**
 * What may be asked of a model: the signatures that the user wrote, completed from the graph and checked against it.
 *
 * @module
 */
import { BentoError } from "../core/bento-error.ts";
import type { Signature } from "../core/model-manifest.ts";
import { nearest } from "../core/nearest.ts";
import { UNKNOWN_RANK } from "../core/onnx-value.ts";
import type { Padding } from "../core/padding.ts";
import type { TensorSpec } from "../core/tensor-spec.ts";

/** A signature as people write it. */
export interface SignatureInput {
  /** @default whether axis 0 of every input and of the signature's outputs is symbolic */
  readonly batchable?: boolean | undefined;
  /** Outputs to compute. @default all */
  readonly outputs?: readonly string[] | undefined;
  /** What fills shorter rows along axis 1, by input. @default rows of different lengths share no batch */
  readonly padding?: Readonly<Record<string, number>> | undefined;
  /**
   * The input that is 1 where a row has a cell and 0 behind its end, e.g. `attention_mask`. Callers may leave it out.
   *
   * @default callers give every input
   */
  readonly mask?: string | undefined;
}

export interface Graph {
  readonly inputs: readonly TensorSpec[];
  readonly outputs: readonly TensorSpec[];
}

/**
 * Completes signatures from the graph.
 *
 * @param given - by name; without any, `predict` with all outputs
 * @throws BentoError BENTO_INVALID_INPUT for an output that the graph lacks, or for `batchable` where an axis forbids it
 */
export function completeSignatures(
  graph: Graph,
  given: Readonly<Record<string, SignatureInput>> = {},
): Record<string, Signature> {
  const wanted = Object.keys(given).length === 0 ? { predict: {} } : given;
  return Object.fromEntries(
    Object.entries(wanted).map(([name, signature]) => [
      name,
      completeSignature(graph, name, signature),
    ]),
  );
}

function completeSignature(graph: Graph, name: string, given: SignatureInput): Signature {
  const outputs = given.outputs === undefined ? undefined : [...given.outputs];
  const selected =
    outputs === undefined
      ? graph.outputs
      : outputs.map((output) => findOutput(graph, name, output));
  const obstacle = batchObstacle({ inputs: graph.inputs, outputs: selected });
  if (given.batchable === true && obstacle?.isCertain === true) {
    throw new BentoError(
      "BENTO_INVALID_INPUT",
      `signature ${name} cannot be batchable: ${obstacle.why}`,
      {
        where: `signatures.${name}.batchable`,
        hint: "export the model with a symbolic first axis (a dynamic batch dimension), or leave batchable out",
      },
    );
  }
  const batchable = given.batchable ?? obstacle === undefined;
  return {
    batchable,
    ...(outputs === undefined ? {} : { outputs }),
    ...paddingOf(graph, name, given),
  };
}

function paddingOf(
  graph: Graph,
  name: string,
  { padding, mask }: SignatureInput,
): { readonly padding?: Padding } {
  if (mask === undefined) {
    return padding === undefined ? {} : { padding: checkPadding(graph, name, padding) };
  }
  const [found] = graph.inputs.filter((input) => input.name === mask);
  const isCounted = found === undefined || (found.dims.length === 2 && found.dtype !== "string");
  const others = Object.keys(padding ?? {}).filter((input) => input !== mask);
  if (!isCounted || others.length === 0 || (padding?.[mask] ?? 0) !== 0) {
    throw new BentoError(
      "BENTO_INVALID_INPUT",
      others.length === 0
        ? `mask ${mask} has no padded input beside it`
        : isCounted
          ? `mask ${mask} is filled with ${padding?.[mask]}, not 0`
          : `mask ${mask} has not two axes of numbers`,
      {
        where: `signatures.${name}.mask`,
        hint: "name an input [rows, length] of 0 and 1, beside the padding of those that it is for",
      },
    );
  }
  return { padding: { ...checkPadding(graph, name, { ...padding, [mask]: 0 }), mask } };
}

/** @throws BentoError BENTO_INVALID_INPUT for what is no input, or one without a symbolic second axis */
function checkPadding(
  { inputs }: Graph,
  signature: string,
  values: Readonly<Record<string, number>>,
): Padding {
  const problems = Object.keys(values).flatMap((name) => {
    const found = inputs.find((input) => input.name === name);
    if (found === undefined) {
      const meant = nearest(
        name,
        inputs.map((input) => input.name),
      );
      const advice = meant === undefined ? "" : `; did you mean ${meant}?`;
      return [`the graph has no input ${JSON.stringify(name)}${advice}`];
    }
    return typeof found.dims[1] === "string"
      ? []
      : [`axis 1 of input ${name} is ${found.dims[1] ?? "not there"}, not symbolic`];
  });
  if (problems.length > 0) {
    throw new BentoError("BENTO_INVALID_INPUT", problems.join("\n"), {
      where: `signatures.${signature}.padding`,
      hint: "pad inputs whose second axis is a symbolic length, e.g. input_ids [batch, sequence]",
    });
  }
  return { axis: 1, values: { ...values } };
}

function findOutput(graph: Graph, signature: string, name: string): TensorSpec {
  const found = graph.outputs.find((output) => output.name === name);
  if (found === undefined) {
    const names = graph.outputs.map((output) => output.name);
    const meant = nearest(name, names);
    throw new BentoError("BENTO_INVALID_INPUT", `the graph has no output ${JSON.stringify(name)}`, {
      where: `signatures.${signature}.outputs`,
      hint: `${meant === undefined ? "" : `did you mean ${meant}? `}its outputs: ${names.join(", ")}`,
    });
  }
  return found;
}

interface Obstacle {
  readonly why: string;
  /** False where the graph only leaves open whether there is an axis. */
  readonly isCertain: boolean;
}

function batchObstacle({ inputs, outputs }: Graph): Obstacle | undefined {
  if (inputs.length === 0) {
    return { why: "the graph has no inputs", isCertain: true };
  }
  const all = [
    ...inputs.map((spec) => ({ side: "input", spec })),
    ...outputs.map((spec) => ({ side: "output", spec })),
  ];
  for (const { side, spec } of all) {
    const [axis] = spec.dims;
    if (axis === undefined) {
      return { why: `${side} ${spec.name} has no axes`, isCertain: true };
    }
    if (axis === UNKNOWN_RANK) {
      return { why: `the graph does not say the shape of ${side} ${spec.name}`, isCertain: false };
    }
    if (typeof axis === "number") {
      return { why: `axis 0 of ${side} ${spec.name} is ${axis}, not symbolic`, isCertain: true };
    }
  }
  return undefined;
}
