/**
 * Writes ONNX files by hand: protobuf fields, nodes, and tensors of deterministic random weights. The same calls give the
 * same bytes on every machine.
 *
 * @module
 */

export type Attribute =
  | number
  | string
  | readonly number[]
  | readonly string[]
  | { readonly float: number }
  | { readonly floats: readonly number[] };

export interface GraphValue {
  readonly name: string;
  /** ONNX's number: 1 float32, 7 int64. */
  readonly elemType: 1 | 7;
  readonly dims: readonly (number | string)[];
}

/** A graph that grows node by node. */
export interface GraphWriter {
  /** Adds a node with one output and returns that output's name. */
  node(
    type: string,
    inputs: readonly string[],
    attributes?: Readonly<Record<string, Attribute>>,
  ): string;
  /** Adds a node of another domain with outputs of given names. */
  nodeOf(
    domain: string,
    type: string,
    options: {
      readonly inputs: readonly string[];
      readonly outputs: readonly string[];
      readonly attributes: Readonly<Record<string, Attribute>>;
    },
  ): void;
  /** Adds float32 weights drawn from ±`scale` and returns their name. */
  weights(dims: readonly number[], scale: number): string;
  /** Adds an int64 constant and returns its name. */
  integers(values: readonly number[]): string;
  /** Adds a float32 constant of no axes and returns its name. */
  scalar(value: number): string;
  /** The bytes of the model. */
  finish(inputs: readonly GraphValue[], outputs: readonly GraphValue[]): Buffer;
}

/** @param seed - of the weights, a whole number from 1 */
export function graphWriter(seed: number): GraphWriter {
  const nodes: Buffer[] = [];
  const initializers: Buffer[] = [];
  const random = xorshift(seed);
  let names = 0;
  const fresh = (prefix: string) => {
    names += 1;
    return `${prefix}_${names}`;
  };
  const keep = (dims: readonly number[], elemType: number, data: Uint8Array): string => {
    const name = fresh("w");
    const parts = [
      ...dims.map((length) => integer(1, length)),
      integer(2, elemType),
      bytes(8, name),
      bytes(9, data),
    ];
    initializers.push(bytes(5, ...parts));
    return name;
  };
  const nodeOf: GraphWriter["nodeOf"] = (domain, type, { inputs, outputs, attributes }) => {
    const parts = [
      ...inputs.map((name) => bytes(1, name)),
      ...outputs.map((name) => bytes(2, name)),
      bytes(4, type),
      ...Object.entries(attributes).map(([name, value]) =>
        bytes(5, bytes(1, name), ...attribute(value)),
      ),
      ...(domain === "" ? [] : [bytes(7, domain)]),
    ];
    nodes.push(bytes(1, ...parts));
  };
  return {
    nodeOf,
    node(type, inputs, attributes = {}) {
      const name = fresh(type.toLowerCase());
      nodeOf("", type, { inputs, outputs: [name], attributes });
      return name;
    },
    weights(dims, scale) {
      const data = new Float32Array(dims.reduce((product, length) => product * length, 1));
      for (let index = 0; index < data.length; index += 1) {
        data[index] = scale * random();
      }
      return keep(dims, 1, new Uint8Array(data.buffer));
    },
    integers: (values) =>
      keep([values.length], 7, new Uint8Array(BigInt64Array.from(values, BigInt).buffer)),
    scalar: (value) => keep([], 1, new Uint8Array(Float32Array.of(value).buffer)),
    finish(inputs, outputs) {
      const graph = [
        ...nodes,
        bytes(2, "bench"),
        ...initializers,
        ...inputs.map((value) => bytes(11, valueInfo(value))),
        ...outputs.map((value) => bytes(12, valueInfo(value))),
      ];
      return Buffer.concat([
        integer(1, 8),
        bytes(2, "bentokit-bench"),
        bytes(7, ...graph),
        bytes(8, bytes(1, ""), integer(2, 17)),
        bytes(8, bytes(1, "ai.onnx.ml"), integer(2, 3)),
      ]);
    },
  };
}

/** Numbers in [-1, 1), the same for the same seed. */
export function xorshift(seed: number): () => number {
  let state = seed | 0 || 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state / 2 ** 31;
  };
}

function valueInfo({ name, elemType, dims }: GraphValue): Buffer {
  const shape = dims.map((dim) =>
    bytes(1, typeof dim === "number" ? integer(1, dim) : bytes(2, dim)),
  );
  return Buffer.concat([
    bytes(1, name),
    bytes(2, bytes(1, integer(1, elemType), bytes(2, ...shape))),
  ]);
}

function attribute(value: Attribute): Buffer[] {
  if (typeof value === "number") {
    return [integer(3, value), integer(20, 2)];
  }
  if (typeof value === "string") {
    return [bytes(4, value), integer(20, 3)];
  }
  if ("float" in value) {
    return [float(2, value.float), integer(20, 1)];
  }
  if ("floats" in value) {
    return [...value.floats.map((item) => float(7, item)), integer(20, 6)];
  }
  const isTexts = typeof value[0] === "string";
  return isTexts
    ? [...value.map((item) => bytes(9, String(item))), integer(20, 8)]
    : [...value.map((item) => integer(8, Number(item))), integer(20, 7)];
}

function integer(field: number, value: number): Buffer {
  return Buffer.concat([varint(field * 8), varint(value)]);
}

function float(field: number, value: number): Buffer {
  return Buffer.concat([varint(field * 8 + 5), Buffer.from(Float32Array.of(value).buffer)]);
}

/** A field of bytes: a text or a message of these parts. */
function bytes(field: number, ...parts: readonly (string | Uint8Array)[]): Buffer {
  const payload = Buffer.concat(
    parts.map((part) => (typeof part === "string" ? Buffer.from(part) : part)),
  );
  return Buffer.concat([varint(field * 8 + 2), varint(payload.length), payload]);
}

function varint(value: number): Buffer {
  const out: number[] = [];
  let rest = value;
  do {
    const low = rest % 128;
    rest = Math.floor(rest / 128);
    out.push(rest === 0 ? low : low + 128);
  } while (rest !== 0);
  return Buffer.from(out);
}
