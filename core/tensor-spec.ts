/**
 * What a model's graph says of its inputs and outputs: names, element types and dims, as ONNX states them. The
 * schema of it is apart, so that a server need not make it.
 *
 * @module
 */
/** Every ONNX element type that onnxruntime-node has. */
export const DTYPES = [
  "float32",
  "float64",
  "float16",
  "int8",
  "int16",
  "int32",
  "int64",
  "uint8",
  "uint16",
  "uint32",
  "uint64",
  "bool",
  "string",
] as const;

export type DtypeName = (typeof DTYPES)[number];

/** One input or output of a graph. */
export interface TensorSpec {
  /** In the graph. */
  name: string;
  dtype: DtypeName;
  /** Length of each axis; a text is a symbolic length, ? one that the graph does not name. */
  dims: (number | string)[];
}

/** `X: float32 [n, 4]`, for messages and listings. */
export function formatTensorSpec(spec: TensorSpec): string {
  return `${spec.name}: ${spec.dtype} [${spec.dims.join(", ")}]`;
}
