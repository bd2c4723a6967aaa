/**
 * What must infer and what must not compile, held by `tsc --noEmit`.
 *
 * @module
 */
import { ApiError, io, model, service, type Tensor, tensor } from "bentokit";
import * as z from "zod";

declare module "bentokit" {
  interface ModelSignatures {
    typed_model: {
      inputs: { X: import("bentokit").Tensor<"float32"> };
      outputs: { label: import("bentokit").Tensor<"int64"> };
    };
    masked_model: {
      inputs: {
        ids: import("bentokit").Tensor<"int64">;
        mask?: import("bentokit").Tensor<"int64">;
      };
      outputs: { label: import("bentokit").Tensor<"int64"> };
    };
  }
}

/** Once the element type is known, so is what an element is. */
export function firstOf(whole: Tensor): bigint | string | number | undefined {
  if (whole.dtype === "int64" || whole.dtype === "uint64") {
    const first: bigint | undefined = whole.data[0];
    return first;
  }
  if (whole.dtype === "string") {
    const first: string | undefined = whole.data[0];
    return first;
  }
  const number: number | undefined = whole.data[0];
  return number;
}
export const narrow: Tensor<"int64" | "string"> = tensor("string", [1], ["a"] as string[]);
// @ts-expect-error an int64 is no number
export const mixed: Tensor = { dtype: "int64", dims: [1], data: new Float32Array(1) };
declare const wide: Tensor;
// @ts-expect-error any tensor is not one of int64
export const int64: Tensor<"int64"> = wide;

const Flower = z.object({ sepal_length: z.number() });
const Species = z.enum(["setosa", "versicolor"]);

export const iris = service({
  name: "iris_classifier",
  models: {
    iris: model("iris_classifier:latest"),
    typed: model("typed_model:v1"),
    masked: model("masked_model:v1"),
    file: model.file("./m.onnx"),
  },
  resources: { cpu: 1, memory: "1Gi" },
  traffic: { timeoutMs: 10_000 },
  apis: ({ api, batch }) => ({
    classify: batch({
      parameter: "features",
      row: Flower,
      result: Species,
      maxBatchSize: 32,
      async run(rows, { models, requests, signal }) {
        void [models.iris, models.file, requests[0]?.headers, signal.aborted];
        return rows.map((row) =>
          row.sepal_length > 1 ? "setosa" : new ApiError(422, "too small"),
        );
      },
    }),
    one: batch({
      parameter: "x",
      per: "item",
      row: z.number(),
      result: z.number(),
      run: (rows) => [...rows],
    }),
    embed: batch({
      parameter: "x",
      row: io.tensor("float32", [4]),
      result: io.tensor("float32", [8]),
      run: (stacked) => stacked,
    }),
    predict_proba: api({
      description: "Tell how likely each species is.",
      input: { features: Flower },
      output: z.record(Species, z.number()),
      run: ({ features }, { requestId, log }) => {
        log.info({ requestId }, "asked");
        return { setosa: features.sepal_length, versicolor: 0 };
      },
    }),
    typedModel: api({
      input: { a: z.number() },
      output: z.number(),
      async run({ a }, { models, signal }) {
        const { label } = await models.typed.run({ X: tensor("float32", [1, 1], [a]) }, { signal });
        return Number(label.data[0]);
      },
    }),
    maskLeftOut: api({
      input: { a: z.number() },
      output: z.number(),
      async run({ a }, { models }) {
        const ids = tensor("int64", [1, 1], [a]);
        await models.masked.run({ ids, mask: tensor("int64", [1, 1], [1]) });
        const { label } = await models.masked.run({ ids });
        // @ts-expect-error it has one output
        void (await models.masked.run({ ids })).other;
        return Number(label.data[0]);
      },
    }),
    wrongModelInput: api({
      input: { a: z.number() },
      output: z.number(),
      async run({ a }, { models }) {
        // @ts-expect-error the model's input is X
        await models.typed.run({ Y: tensor("float32", [1, 1], [a]) });
        // @ts-expect-error X is float32
        await models.typed.run({ X: tensor("string", [1], ["a"]) });
        return a;
      },
    }),
    unknownModel: api({
      input: { a: z.number() },
      output: z.number(),
      run: ({ a }, { models }) => {
        // @ts-expect-error no such model
        void models.nope;
        return a;
      },
    }),
    wrong: batch({
      parameter: "a",
      row: Flower,
      result: Species,
      // @ts-expect-error not a species
      run: (rows) => rows.map(() => "rose"),
    }),
    // @ts-expect-error one result, not one per row
    single: batch({ parameter: "a", row: Flower, result: Species, run: () => "setosa" }),
    // @ts-expect-error misspelt option
    typo: batch({ parameter: "a", row: Flower, result: Species, maxBatchsize: 3, run: () => [] }),
    // @ts-expect-error a batch needs its row
    noRow: batch({ parameter: "a", result: Species, run: () => [] }),
    noRequest: batch({
      parameter: "a",
      row: z.number(),
      result: z.number(),
      // @ts-expect-error a batch has no request
      run: (rows, { requestId }) => [...rows, requestId],
    }),
    wrongOutput: api({
      input: { a: z.number() },
      output: z.number(),
      // @ts-expect-error the answer is a number
      run: ({ a }) => String(a),
    }),
    // @ts-expect-error unknown dtype
    dtype: api({ input: { a: io.tensor("float23", [1]) }, output: z.number(), run: () => 1 }),
  }),
});

service({
  name: "a",
  // @ts-expect-error BentoML's spelling
  traffic: { max_concurrency: 3 },
  apis: ({ api }) => ({ a: api({ input: {}, output: z.number(), run: () => 1 }) }),
});

// @ts-expect-error a service has apis
service({ name: "a" });
