/**
 * The models that measurements run on, made on first use into a folder that git does not keep.
 *
 * @module
 */
import { existsSync } from "node:fs";
import { mkdir, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { boostedTrees, encoder, mlp, resnet18 } from "./graphs.ts";

const CACHE = fileURLToPath(new URL("../../.tmp/bench-models/v1/", import.meta.url));
const IRIS = fileURLToPath(
  new URL("../../fixtures/models/iris_random_forest/model.onnx", import.meta.url),
);

const GRAPHS = {
  "mlp-big": () => mlp([1024, 4096, 4096, 1000]),
  minilm: () => encoder({ layers: 6, hidden: 384, heads: 12, tokens: 16, vocabulary: 30_522 }),
  resnet18: () => resnet18(224),
  gbdt: () => boostedTrees({ trees: 100, depth: 6, features: 32 }),
};

export type BenchModel = keyof typeof GRAPHS | "iris";

/** The model's file; made when it is not there. */
export async function benchModel(name: BenchModel): Promise<string> {
  if (name === "iris") {
    return IRIS;
  }
  const path = join(CACHE, `${name}.onnx`);
  if (!existsSync(path)) {
    await mkdir(CACHE, { recursive: true });
    const unfinished = `${path}.${process.pid}`;
    await writeFile(unfinished, GRAPHS[name]());
    await rename(unfinished, path);
  }
  return path;
}
