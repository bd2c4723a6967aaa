/**
 * Services that the tests of the app share: one that behaves, and one made of a single `run`.
 *
 * @module
 */
import * as z from "zod";
import { service } from "../../core/index.ts";

export const Flower = z.object({ petal_length: z.number(), petal_width: z.number() });
export const flower = { petal_length: 1, petal_width: 2 };

export const iris = service({
  name: "iris",
  traffic: { maxConcurrency: 2 },
  apis: ({ api, batch }) => ({
    classify: batch({
      parameter: "features",
      row: Flower,
      result: z.enum(["setosa", "virginica"]),
      run: (rows) => rows.map((row) => (row.petal_width > 1 ? "virginica" : "setosa")),
    }),
    area: api({
      description: "Multiply.",
      input: { flower: Flower, scale: z.number().default(1) },
      output: z.number(),
      run: (input) => input.flower.petal_length * input.flower.petal_width * input.scale,
    }),
  }),
});

/** A service whose one api does as the test says. */
export function serviceThat(run: () => unknown, output: z.ZodType = z.any()) {
  return service({
    name: "one",
    apis: ({ api }) => ({ go: api({ input: {}, output, run }) }),
  });
}

export const fail = (error: unknown) => () => {
  throw error;
};
