/**
 * The requests that measurements send: one row each, as JSON or as the Open Inference Protocol's bytes.
 *
 * @module
 */
import type { BenchModel } from "../models/bench-models.ts";
import { xorshift } from "../models/onnx-writer.ts";
import type { LoadJob } from "./load.ts";

export type Requests = Pick<LoadJob, "path" | "bodies" | "headers">;

const JSON_HEADERS = { "content-type": "application/json" };
const VARIANTS = 8;

/** Rows of iris, as its service reads them. */
export function irisRequests(path: string): Requests {
  const random = xorshift(11);
  const flowers = Array.from({ length: VARIANTS }, () => ({
    sepal_length: round(5.8 + random()),
    sepal_width: round(3 + random() / 2),
    petal_length: round(3.7 + 2 * random()),
    petal_width: round(1.2 + random()),
  }));
  const bodies = flowers.map((flower) => base64(JSON.stringify({ features: [flower] })));
  return { path, bodies, headers: JSON_HEADERS };
}

interface Row {
  readonly name: string;
  readonly dims: readonly number[];
  readonly datatype: "FP32" | "INT64";
}

const ROWS: Readonly<Record<Exclude<BenchModel, "iris">, Row>> = {
  "mlp-big": { name: "X", dims: [1, 1024], datatype: "FP32" },
  minilm: { name: "ids", dims: [1, 16], datatype: "INT64" },
  resnet18: { name: "X", dims: [1, 3, 224, 224], datatype: "FP32" },
  gbdt: { name: "X", dims: [1, 32], datatype: "FP32" },
};

/** @param kind - of the bodies, and of the answers */
export function tensorRequests(
  name: Exclude<BenchModel, "iris">,
  kind: "json" | "binary",
): Requests {
  const { name: input, dims, datatype } = ROWS[name];
  const length = dims.reduce((product, axis) => product * axis, 1);
  const random = xorshift(13);
  const rows = Array.from({ length: name === "resnet18" ? 2 : VARIANTS }, () =>
    Array.from({ length }, () =>
      datatype === "FP32" ? Math.fround(round(random())) : Math.floor(15_000 * (1 + random())),
    ),
  );
  if (kind === "json") {
    const nest = (cells: readonly number[]) =>
      dims.slice(1).reduceRight<unknown[]>((flat, axis) => chunk(flat, axis), [...cells])[0];
    const bodies = rows.map((cells) => base64(JSON.stringify({ [input]: [nest(cells)] })));
    return { path: "/predict", bodies, headers: JSON_HEADERS };
  }
  const raw = rows.map((cells) =>
    datatype === "FP32"
      ? Buffer.from(Float32Array.from(cells).buffer)
      : Buffer.from(BigInt64Array.from(cells, BigInt).buffer),
  );
  const size = raw[0]?.byteLength ?? 0;
  const header = JSON.stringify({
    parameters: { binary_data_output: true },
    inputs: [{ name: input, shape: dims, datatype, parameters: { binary_data_size: size } }],
  });
  return {
    path: "/v2/models/predict/infer",
    bodies: raw.map((bytes) => Buffer.concat([Buffer.from(header), bytes]).toString("base64")),
    headers: {
      "content-type": "application/octet-stream",
      "inference-header-content-length": String(Buffer.byteLength(header)),
    },
  };
}

function chunk(flat: readonly unknown[], size: number): unknown[] {
  return Array.from({ length: flat.length / size }, (_, index) =>
    flat.slice(index * size, (index + 1) * size),
  );
}

function round(value: number): number {
  return Math.round(value * 1000) / 1000;
}

function base64(text: string): string {
  return Buffer.from(text).toString("base64");
}
