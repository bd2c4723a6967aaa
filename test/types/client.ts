/**
 * What a typed client takes and gives, held by `tsc --noEmit`.
 *
 * @module
 */
import { ApiError, io, service, type Tensor, tensor } from "bentokit";
import { type Client, createClient } from "bentokit/client";
import { testService } from "bentokit/testing";
import * as z from "zod";

const Flower = z.object({ sepal_length: z.number(), note: z.string().optional() });
const Species = z.enum(["setosa", "versicolor"]);
const At = z.codec(z.iso.datetime(), z.date(), {
  decode: (text) => new Date(text),
  encode: (date) => date.toISOString(),
});

const iris = service({
  name: "iris_classifier",
  apis: ({ api, batch }) => ({
    classify: batch({
      parameter: "features",
      row: Flower,
      result: Species,
      run: (rows) => rows.map(() => new ApiError(422, "no")),
    }),
    one: batch({
      parameter: "flower",
      per: "item",
      row: Flower,
      result: Species,
      run: (rows) => rows.map(() => "setosa"),
    }),
    predict_proba: api({
      input: { features: Flower, scale: z.number().default(1) },
      output: z.record(Species, z.number()),
      run: () => ({ setosa: 1, versicolor: 0 }),
    }),
    when: api({ input: { at: At }, output: At, run: ({ at }) => at }),
    double: api({
      input: { x: io.tensor("float32", ["n", 2]) },
      output: io.tensor("int64", ["n", 2]),
      run: ({ x }) => tensor("int64", x.dims, [...x.data]),
    }),
    embed: api({
      input: { x: io.tensor("float32", [4]) },
      output: z.number(),
      run: ({ x }) => x.data.length,
    }),
  }),
});

const client = createClient<typeof iris>("http://127.0.0.1:3000", { timeoutMs: 1000 });
client satisfies Client<typeof iris>;

export const many: readonly ("setosa" | "versicolor")[] = await client.classify({
  features: [{ sepal_length: 1 }],
});
export const one: "setosa" | "versicolor" = await client.one({ flower: { sepal_length: 1 } });
export const probability: number = (
  await client.predict_proba(
    { features: { sepal_length: 1 }, scale: 2 },
    { signal: AbortSignal.timeout(1) },
  )
).setosa;
// codecs have their outer side on the wire
export const when: string = await client.when({ at: "2026-01-01T00:00:00Z" });
void client.embed({ x: [1, 2, 3, 4] });
// an api of tensors alone is also called with tensors, which travel as bytes
export const doubled: Tensor<"int64"> = await client.double.tensors({
  x: tensor("float32", [1, 2], [1, 2]),
});

// @ts-expect-error its output is a number
void client.embed.tensors;
// @ts-expect-error a batch api takes rows
void client.classify.tensors;
// @ts-expect-error x is float32
void client.double.tensors({ x: tensor("int8", [1], [1]) });
// @ts-expect-error no such input
void client.double.tensors({ y: tensor("float32", [1], [1]) });
// @ts-expect-error no such api
void client.nope;
// @ts-expect-error a number is due
void client.classify({ features: [{ sepal_length: "1" }] });
// @ts-expect-error a list is due
void client.classify({ features: { sepal_length: 1 } });
// @ts-expect-error one item is due
void client.one({ flower: [{ sepal_length: 1 }] });
// @ts-expect-error misspelt parameter
void client.classify({ feature: [] });
// @ts-expect-error dates travel as texts
void client.when({ at: new Date() });
// @ts-expect-error a species, not any text
export const wrong: "rose" = await client.one({ flower: { sepal_length: 1 } });
// @ts-expect-error the model is named by the service
void testService(iris, { model: {} });

await using tested = await testService(iris, { models: {} });
tested.client satisfies Client<typeof iris>;
export const response: Response = await tested.fetch("/classify", { method: "POST" });
