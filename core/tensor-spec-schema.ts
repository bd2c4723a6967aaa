/**
 * Inputs and outputs of a graph as they stand in files.
 *
 * @module
 */
import * as z from "zod";
import { DTYPES, type TensorSpec as Spec } from "./tensor-spec.ts";

/** One input or output of a graph. */
export const TensorSpec = z.strictObject({
  name: z.string().min(1).describe("Name in the graph."),
  dtype: z.enum(DTYPES).describe("Element type."),
  dims: z
    .array(z.union([z.int().min(0), z.string()]))
    .describe(
      "Length of each axis; a text is a symbolic length, ? one that the graph does not name.",
    ),
}) satisfies z.ZodType<Spec>;
