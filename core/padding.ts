/**
 * Rows of different lengths in one batch, as a model's signature allows them. Apart from the manifests, so that a server
 * need not make those to read this.
 *
 * @module
 */
import * as z from "zod";

/** How rows of different lengths become one batch: shorter ones are filled up along axis 1. */
export const Padding = z
  .strictObject({
    axis: z.literal(1).describe("The axis along which rows differ in length."),
    values: z
      .record(z.string(), z.number())
      .refine((values) => Object.keys(values).length > 0, { error: "expected at least one input" })
      .describe("What fills each padded input, e.g. 0 for input_ids and 0 for attention_mask."),
    mask: z
      .string()
      .optional()
      .describe("The padded input that is 1 for each cell of a row: made for callers without it."),
  })
  .refine(({ mask, values }) => mask === undefined || values[mask] === 0, {
    path: ["mask"],
    error: "expected an input that is filled with 0",
  });
export type Padding = z.infer<typeof Padding>;
