/**
 * Writes small ONNX files for tests: an Identity from each input to the output of the same place, loadable by
 * onnxruntime, with whatever oddity a test needs.
 *
 * @module
 */

export interface OnnxValue {
  readonly name: string;
  /** ONNX's number. @default 1, float32 */
  readonly elemType?: number;
  /** A number, a name, or null for neither; undefined leaves the shape out. */
  readonly dims?: readonly (number | string | null)[];
  /** Field of TypeProto: 1 tensor, 4 sequence, 5 map. @default 1 */
  readonly kind?: number;
}

export interface OnnxFile {
  readonly inputs?: readonly OnnxValue[];
  readonly outputs?: readonly OnnxValue[];
  /** Names of initializers, float32 [1] each. */
  readonly initializers?: readonly string[];
  /** Initializers with their data in a file: name → location. */
  readonly external?: Readonly<Record<string, string>>;
  /** Further bytes of the graph. */
  readonly graph?: readonly Buffer[];
  /** Told apart by it. @default "bentokit-test" */
  readonly producer?: string;
}

/** A varint field. */
export function number(field: number, value: number | bigint): Buffer {
  return Buffer.concat([varint(field * 8), varint(value)]);
}

/** A field of bytes: a text or a message. */
export function bytes(field: number, ...parts: readonly (string | Uint8Array)[]): Buffer {
  const payload = Buffer.concat(parts.map((part) => Buffer.from(part)));
  return Buffer.concat([varint(field * 8 + 2), varint(payload.length), payload]);
}

export function varint(value: number | bigint): Buffer {
  const out: number[] = [];
  let rest = BigInt.asUintN(64, BigInt(value));
  do {
    const low = Number(rest & 0x7fn);
    rest >>= 7n;
    out.push(rest === 0n ? low : low | 0x80);
  } while (rest !== 0n);
  return Buffer.from(out);
}

/** A TensorProto: float32 [1], in the file or beside it. */
export function tensor(name: string, location?: string): Buffer {
  const data =
    location === undefined
      ? bytes(9, Buffer.from(new Float32Array([1]).buffer))
      : Buffer.concat([bytes(13, bytes(1, "location"), bytes(2, location)), number(14, 1)]);
  return Buffer.concat([number(1, 1), number(2, 1), bytes(8, name), data]);
}

function valueInfo({ name, elemType = 1, dims, kind = 1 }: OnnxValue): Buffer {
  const shape = dims?.map((dim) =>
    bytes(
      1,
      typeof dim === "number" ? number(1, dim) : dim === null ? Buffer.alloc(0) : bytes(2, dim),
    ),
  );
  const type = Buffer.concat([
    number(1, elemType),
    shape === undefined ? Buffer.alloc(0) : bytes(2, ...shape),
  ]);
  return Buffer.concat([bytes(1, name), bytes(2, bytes(kind, type))]);
}

const DEFAULT_DIMS = ["n", 4] as const;

/** The bytes of a model; by default `X` float32 [n, 4] to `Y` of the same. */
export function onnxFile(file: OnnxFile = {}): Buffer {
  const inputs = file.inputs ?? [{ name: "X", dims: DEFAULT_DIMS }];
  const outputs = file.outputs ?? [{ name: "Y", dims: DEFAULT_DIMS }];
  const nodes = outputs.map(({ name }, index) =>
    bytes(
      1,
      bytes(1, inputs[index % inputs.length]?.name ?? "none"),
      bytes(2, name),
      bytes(4, "Identity"),
    ),
  );
  const graph = [
    ...nodes,
    bytes(2, "test"),
    ...(file.initializers ?? []).map((name) => bytes(5, tensor(name))),
    ...Object.entries(file.external ?? {}).map(([name, location]) =>
      bytes(5, tensor(name, location)),
    ),
    ...inputs.map((value) => bytes(11, valueInfo(value))),
    ...outputs.map((value) => bytes(12, valueInfo(value))),
    ...(file.graph ?? []),
  ];
  return Buffer.concat([
    number(1, 8),
    bytes(2, file.producer ?? "bentokit-test"),
    bytes(7, ...graph),
    bytes(8, bytes(1, ""), number(2, 17)),
  ]);
}
