/**
 * Copies versions from one store to another by digest: what the other has already does not travel.
 *
 * @module
 */
import { BentoError } from "../core/bento-error.ts";
import type { StoredFile } from "../core/model-manifest.ts";
import type { OnProgress } from "../core/progress.ts";
import type { ExactTag, Tag } from "../core/tag.ts";
import { damaged, openUnchecked, putBlob } from "./blobs.ts";
import type { WaitOptions } from "./driver.ts";
import { eachFile } from "./each-file.ts";
import { blobKey } from "./keys.ts";
import { changeLabels, readLabels } from "./labels.ts";
import { latestVersion, markLatest } from "./latest.ts";
import { withPending } from "./pending.ts";
import { type ResolveOptions, resolveTag } from "./resolve-tag.ts";
import { findVersion, registerVersion, type Shelf, type StoredVersion } from "./shelf.ts";
import { copySignatures } from "./sign-model.ts";

export interface CopyVersionOptions extends ResolveOptions {
  readonly onProgress?: OnProgress | undefined;
}

export interface CopiedVersion {
  readonly tag: ExactTag;
  /** "exists" when the other store had the version. */
  readonly state: "created" | "exists";
  /** Bytes of files that travelled. */
  readonly sentBytes: number;
  /** Bytes of files that were there. */
  readonly presentBytes: number;
}

/**
 * @param filesOf - all blobs that a version is made of
 * @throws BentoError BENTO_CONFLICT when the other store has the version with other content, and as resolveTag does
 */
export async function copyVersion<Manifest extends ExactTag>(
  from: Shelf<Manifest>,
  to: Shelf<Manifest>,
  { tag, filesOf }: { tag: Tag; filesOf: (manifest: Manifest) => readonly StoredFile[] },
  options: CopyVersionOptions = {},
): Promise<CopiedVersion> {
  const { signal } = options;
  checkDistinct(from, to);
  const stored = await resolveTag(from, tag, options);
  const { manifest } = stored;
  const files = [...new Map(filesOf(manifest).map((file) => [file.digest, file])).values()];
  const digests = files.map(({ digest }) => digest);
  return withPending(to.driver, { digests, now: to.now, wait: to.wait, signal }, async () => {
    let [sentBytes, presentBytes] = [0, 0];
    await eachFile(files, async (file) => {
      if ((await sendFile(from, to, file, options)) === "created") {
        sentBytes += file.size;
      } else {
        presentBytes += file.size;
      }
    });
    const isNewest = await isNewerThanLatest(to, stored, { signal });
    await copySignatures(from, to, stored, { signal }); // whoever sees it sees it signed
    const state = await registerVersion(to, manifest, {
      registeredAt: stored.registeredAt,
      signal,
    });
    if (isNewest) {
      await markLatest(to, manifest, { signal });
    }
    const labels = await readLabels(from, manifest, { signal });
    await changeLabels(to, manifest, (before) => ({ ...before, ...labels }), { signal });
    const { name, version } = manifest;
    return { tag: { name, version }, state, sentBytes, presentBytes };
  });
}

async function sendFile<Manifest extends ExactTag>(
  from: Shelf<Manifest>,
  to: Shelf<Manifest>,
  file: StoredFile,
  { onProgress, signal }: CopyVersionOptions,
): Promise<"created" | "exists"> {
  const blob = {
    ...file,
    async *open() {
      yield* await openUnchecked(from.driver, file, { signal });
    },
  };
  try {
    return await putBlob(to.driver, blob, { step: `send ${file.path}`, onProgress, signal });
  } catch (error) {
    throw damaged(error, `${from.driver.url} ${blobKey(file.digest)}`); // it compares what it is given
  }
}

/** A copy moves `latest` only when it was registered after what is the latest there. */
async function isNewerThanLatest<Manifest extends ExactTag>(
  to: Shelf<Manifest>,
  { manifest, registeredAt }: StoredVersion<Manifest>,
  options: WaitOptions,
): Promise<boolean> {
  const latest = await latestVersion(to, manifest.name, options);
  const there =
    latest === undefined
      ? undefined
      : await findVersion(to, { name: manifest.name, version: latest }, options);
  return there === undefined || there.registeredAt < registeredAt;
}

function checkDistinct<Manifest extends ExactTag>(
  from: Shelf<Manifest>,
  to: Shelf<Manifest>,
): void {
  if (from.driver.url === to.driver.url) {
    throw new BentoError("BENTO_INVALID_INPUT", `both stores are ${to.driver.url}`, {
      hint: "name another store to copy to or from",
    });
  }
}
