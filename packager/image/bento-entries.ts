/**
 * A bento's own files as entries of its image's layers: models in a layer for each version, everything else in the app
 * layer. Files come from the manifest, with their digests checked as they are packed.
 *
 * @module
 */
import { createReadStream } from "node:fs";
import { join } from "node:path";
import { BentoError } from "../../core/bento-error.ts";
import {
  type BentoManifest,
  type BentoModel,
  bentoModelFolder,
  runtimeManifest,
} from "../../core/bento-manifest.ts";
import { canonicalJson } from "../../core/canonical-json.ts";
import type { StoredFile } from "../../core/model-manifest.ts";
import { APP_FOLDER, modelLayerEntries } from "../../model-store/artifact/model-layer.ts";
import type { ByteStream } from "../../oci/chunks.ts";
import { diskFile } from "../../oci/directory-entries.ts";
import { type TarEntry, tarFile } from "../../oci/tar-entry.ts";
import { verified } from "../../oci/verified.ts";

/** Files of one model version, below `app/models/<name>/<version>`. */
export function modelEntries(bentoDirectory: string, model: BentoModel): TarEntry[] {
  const folder = join(bentoDirectory, bentoModelFolder(model));
  return modelLayerEntries(model, (file) => readChecked(join(folder, file.path), file));
}

/** Parts of the bundle that new code leaves as they are: their names tell their content, or they are all ours. */
const RUNTIME_FILE = /^src\/(?:[^/]+-[A-Z0-9]{8}|onnx-worker)\.js(?:\.map)?$/;

/** The handler and the packages that it shares with the service; none of a bento whose bundle is one file. */
export function runtimeEntries(bentoDirectory: string, manifest: BentoManifest): TarEntry[] {
  return manifest.files
    .filter(({ path }) => RUNTIME_FILE.test(path))
    .map((file) => bentoFile(bentoDirectory, file));
}

/** What the service is: `bento.json`, `bento.yaml`, `apis/`, and what else is in `src/`. */
export async function appEntries(
  bentoDirectory: string,
  manifest: BentoManifest,
): Promise<TarEntry[]> {
  const shipped = manifest.files.filter(
    ({ path }) => /^(?:src|apis)\//.test(path) && !RUNTIME_FILE.test(path),
  );
  return [
    tarFile(`${APP_FOLDER}/bento.json`, `${canonicalJson(runtimeManifest(manifest), 2)}\n`),
    await diskFile(join(bentoDirectory, "bento.yaml"), `${APP_FOLDER}/bento.yaml`),
    ...shipped.map((file) => bentoFile(bentoDirectory, file)),
  ];
}

function bentoFile(bentoDirectory: string, file: StoredFile): TarEntry {
  const source = join(bentoDirectory, file.path);
  return {
    kind: "file",
    path: `${APP_FOLDER}/${file.path}`,
    size: file.size,
    identity: file.digest,
    content: () => readChecked(source, file),
  };
}

function readChecked(source: string, file: StoredFile): ByteStream {
  return verified(openFile(source), file, source);
}

async function* openFile(path: string): AsyncGenerator<Uint8Array> {
  try {
    yield* createReadStream(path, { highWaterMark: 1024 * 1024 });
  } catch (error) {
    throw new BentoError("BENTO_IO", "cannot read a file of the bento", {
      where: path,
      hint: "build or import the bento again",
      cause: error,
    });
  }
}
