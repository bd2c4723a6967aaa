/**
 * What a model's graph says of its inputs and outputs: names, element types and dims, as ONNX states them.
 *
 * @module
 */
import * as z from "zod";

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
export const TensorSpec = z.strictObject({
  name: z.string().min(1).describe("Name in the graph."),
  dtype: z.enum(DTYPES).describe("Element type."),
  dims: z
    .array(z.union([z.int().min(0), z.string()]))
    .describe(
      "Length of each axis; a text is a symbolic length, ? one that the graph does not name.",
    ),
});
export type TensorSpec = z.infer<typeof TensorSpec>;

/** `X: float32 [n, 4]`, for messages and listings. */
export function formatTensorSpec(spec: TensorSpec): string {
  return `${spec.name}: ${spec.dtype} [${spec.dims.join(", ")}]`;
}
