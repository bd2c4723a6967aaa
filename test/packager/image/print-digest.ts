/**
 * Makes the image of a fixed bento over a fixed base in a folder, and prints its digests: run by each Node, in each
 * surroundings, that must give the same ones. `node --conditions=bentokit-source print-digest.ts FOLDER`
 *
 * @module
 */
import { chmod } from "node:fs/promises";
import { join } from "node:path";
import { createLayout } from "../../../oci/layout.ts";
import { containerize } from "../../../packager/image/containerize.ts";
import { writeSampleBase, writeSampleBento, writeSampleOnnxruntime } from "./sample-bento.ts";

const [directory = ".", mode] = process.argv.slice(2);

/** Enough to compress in earnest: a text in which some repeats and some does not. */
const text = Array.from(
  { length: 20_000 },
  (_, index) => `row ${index % 97} is ${(index * 2_654_435_761) % 4_294_967_296}\n`,
).join("");

const bentoDirectory = join(directory, "bento");
const manifest = await writeSampleBento(bentoDirectory, { files: { "src/rows.txt": text } });
if (mode !== undefined) {
  await chmod(join(bentoDirectory, "src/rows.txt"), Number.parseInt(mode, 8));
}
const image = await containerize({
  bentoDirectory,
  manifest,
  base: await writeSampleBase(join(directory, "base")),
  platform: "linux/amd64",
  onnxruntimeDirectory: await writeSampleOnnxruntime(join(directory, "onnxruntime-node")),
  layout: await createLayout(join(directory, "image")),
});
const { digest, layers, blobDigestReproducible } = image;
const blobs = Object.fromEntries(layers.map((layer) => [layer.title, layer.digest]));
process.stdout.write(JSON.stringify({ digest, blobs, blobDigestReproducible }));
