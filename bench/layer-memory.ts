/**
 * How much memory packing a large model takes: the layer of a sparse file, and the peak of this process while it is
 * built. `npm run bench:layer-memory -- [MB]`; the promise is 200 MB for any length.
 *
 * @module
 */
import { mkdtemp, open, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { diskFile } from "../oci/directory-entries.ts";
import { buildLayer } from "../oci/layer.ts";
import { createLayout } from "../oci/layout.ts";

const PROMISED_MB = 200;
const megabytes = Number(process.argv[2] ?? 600);

const directory = await mkdtemp(join(tmpdir(), "bento-layer-memory-"));
try {
  const path = join(directory, "model.onnx");
  await using file = await open(path, "wx");
  await file.truncate(megabytes * 1024 * 1024);
  const sink = await createLayout(join(directory, "image"));
  const beforeMb = process.resourceUsage().maxRSS / 1024;
  const startedMs = performance.now();
  const entries = [await diskFile(path, "app/models/big/v1/model.onnx")];
  const layer = await buildLayer({ entries, compression: "stored", sink });
  const seconds = (performance.now() - startedMs) / 1000;
  const peakMb = process.resourceUsage().maxRSS / 1024;
  const document = {
    modelMb: megabytes,
    layerBytes: layer.descriptor.size,
    seconds: Number(seconds.toFixed(2)),
    peakRssMb: Math.round(peakMb),
    grownMb: Math.round(peakMb - beforeMb),
    promisedMb: PROMISED_MB,
  };
  process.stdout.write(`${JSON.stringify(document)}\n`);
  process.exitCode = peakMb <= PROMISED_MB ? 0 : 7;
} finally {
  await rm(directory, { recursive: true, force: true });
}
