/**
 * Models of a wished size: a small graph, and weights in files beside it that nothing compresses. The same seed gives the
 * same bytes.
 *
 * @module
 */
import { createCipheriv } from "node:crypto";
import { mkdir, open, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { onnxFile } from "../../test/support/onnx-file.ts";

const CHUNK_BYTES = 2 ** 20;

/** @param files - length in bytes and seed of each file of weights, by name */
export async function writeModel(
  folder: string,
  files: Readonly<Record<string, { readonly sizeBytes: number; readonly seed: number }>>,
): Promise<void> {
  await mkdir(folder, { recursive: true });
  const names = Object.keys(files);
  const external = Object.fromEntries(names.map((name) => [name, name]));
  await writeFile(join(folder, "model.onnx"), onnxFile({ external }));
  for (const [name, { sizeBytes, seed }] of Object.entries(files)) {
    await writeNoise(join(folder, name), sizeBytes, seed);
  }
}

async function writeNoise(path: string, sizeBytes: number, seed: number): Promise<void> {
  await using file = await open(path, "w");
  const cipher = createCipheriv("aes-128-ctr", Buffer.alloc(16, seed), Buffer.alloc(16));
  for (let left = sizeBytes; left > 0; left -= CHUNK_BYTES) {
    await file.writeFile(cipher.update(Buffer.alloc(Math.min(left, CHUNK_BYTES))));
  }
}
