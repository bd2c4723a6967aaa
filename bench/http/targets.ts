/**
 * The services under test, one for each model, with the bodies that are sent to them.
 *
 * @module
 */
import * as z from "zod";
import { io, model, service, tensor } from "../../core/index.ts";
import type { RuntimeManifest } from "../../core/runtime-manifest.ts";
import type { Service } from "../../core/service.ts";
import type { Tensor } from "../../core/tensor.ts";
import { type BenchModel, benchModel } from "../models/bench-models.ts";

export interface TargetOptions {
  readonly name: BenchModel | "echo" | "refusals";
  /** @default the service's own */
  readonly maxBatchSize?: number;
  readonly maxLatencyMs?: number;
  readonly threads?: number;
}

export interface Target {
  readonly service: Service;
  readonly runtime: RuntimeManifest;
}

const ZEROS = `sha256:${"0".repeat(64)}` as const;

export async function targetOf(options: TargetOptions): Promise<Target> {
  if (options.name === "echo" || options.name === "refusals") {
    throw new Error(`${options.name} is no service`);
  }
  const path = await benchModel(options.name);
  return {
    service: SERVICES[options.name](options),
    runtime: {
      name: options.name,
      version: "v1",
      digest: ZEROS,
      models: { net: { tag: `${options.name}:v1`, digest: ZEROS, path, batchable: true } },
    },
  };
}

const Flower = z.object({
  sepal_length: z.number(),
  sepal_width: z.number(),
  petal_length: z.number(),
  petal_width: z.number(),
});
const Species = z.enum(["setosa", "versicolor", "virginica"]);

type Settings = Pick<TargetOptions, "maxBatchSize" | "maxLatencyMs">;

function settingsOf({ maxBatchSize, maxLatencyMs }: Settings) {
  return {
    ...(maxBatchSize === undefined ? {} : { maxBatchSize }),
    ...(maxLatencyMs === undefined ? {} : { maxLatencyMs }),
  };
}

/** One row a request, as JSON or binary; the runner coalesces. */
function tensorService(
  settings: Settings,
  shape: {
    readonly input: string;
    readonly output: string;
    readonly dtype: "float32" | "int64";
    readonly dims: readonly number[];
    readonly result: readonly number[];
  },
) {
  const { input, output, dtype, dims, result } = shape;
  return service({
    name: "tensors",
    models: { net: model("net:v1", { batch: settingsOf(settings) }) },
    apis: ({ api }) => ({
      predict: api({
        input: { [input]: io.tensor(dtype, ["n", ...dims]) },
        output: io.tensor("float32", ["n", ...result]),
        async run(inputs, { models, signal }) {
          const outputs = await models.net.run(
            { [input]: inputs[input] ?? tensor("float32", [0], []) },
            { signal },
          );
          const answer = outputs[output];
          if (answer?.dtype !== "float32") {
            throw new Error(`the graph has no float32 ${output}`);
          }
          return answer as Tensor<"float32">;
        },
      }),
    }),
  });
}

const SERVICES: Readonly<Record<BenchModel, (settings: Settings) => Service>> = {
  iris: (settings) =>
    service({
      name: "iris_classifier",
      models: { net: model("net:v1") },
      apis: ({ batch }) => ({
        classify: batch({
          parameter: "features",
          row: Flower,
          result: Species,
          maxBatchSize: 64,
          ...settingsOf(settings),
          async run(rows, { models }) {
            const cells = new Float32Array(4 * rows.length);
            for (const [index, row] of rows.entries()) {
              cells.set(
                [row.sepal_length, row.sepal_width, row.petal_length, row.petal_width],
                4 * index,
              );
            }
            const { label } = await models.net.run({
              X: tensor("float32", [rows.length, 4], cells),
            });
            return Array.from(
              (label?.data ?? []) as ArrayLike<unknown>,
              (index) => Species.options[Number(index)] ?? "setosa",
            );
          },
        }),
      }),
    }),
  "mlp-big": (settings) =>
    tensorService(settings, {
      input: "X",
      output: "Y",
      dtype: "float32",
      dims: [1024],
      result: [1000],
    }),
  minilm: (settings) =>
    tensorService(settings, {
      input: "ids",
      output: "embedding",
      dtype: "int64",
      dims: [16],
      result: [384],
    }),
  resnet18: (settings) =>
    tensorService(settings, {
      input: "X",
      output: "Y",
      dtype: "float32",
      dims: [3, 224, 224],
      result: [1000],
    }),
  gbdt: (settings) =>
    tensorService(settings, {
      input: "X",
      output: "probabilities",
      dtype: "float32",
      dims: [32],
      result: [2],
    }),
};
