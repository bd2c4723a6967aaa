/**
 * Registers a model. Blobs go first and the version's document last, so that whatever stops it leaves nothing visible
 * and the next try sends only what is missing.
 *
 * @module
 */

import { inspect } from "node:util";
import * as z from "zod";
import { BentoError } from "../core/bento-error.ts";
import type { Digest } from "../core/digest.ts";
import { contentVersion, Metadata, ModelManifest, modelDigest } from "../core/model-manifest.ts";
import { type OnProgress, silent } from "../core/progress.ts";
import { LATEST, TAG_PART } from "../core/tag.ts";
import { aliasVersion } from "./aliases.ts";
import { putBlob } from "./blobs.ts";
import { eachFile } from "./each-file.ts";
import { changeLabels, checkLabels, type Labels } from "./labels.ts";
import { markLatest } from "./latest.ts";
import type { LoadCheck } from "./load-check.ts";
import { ENTRY, type ModelSource, readModelSource } from "./model-source.ts";
import { withPending } from "./pending.ts";
import { checkSameContent, findVersion, registerVersion, type Shelf } from "./shelf.ts";
import { completeSignatures, type SignatureInput } from "./signatures.ts";
import type { SpooledFile } from "./spool-stream.ts";

export interface SaveModelOptions {
  readonly name: string;
  /** @default the hash of everything else, 16 hex digits */
  readonly version?: string | undefined;
  /** What it was trained with. @default "onnx" */
  readonly framework?: string | undefined;
  /** @default predict, with all outputs, batchable as the graph allows */
  readonly signatures?: Readonly<Record<string, SignatureInput>> | undefined;
  /** Added to those that the version has. @default none */
  readonly labels?: Labels | undefined;
  /** @default none */
  readonly metadata?: Metadata | undefined;
  /** When it was registered elsewhere, ISO 8601 in UTC; a version that exists keeps its own. @default now */
  readonly registeredAt?: string | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: OnProgress | undefined;
}

export interface SavedModel {
  readonly manifest: ModelManifest;
  readonly digest: Digest;
  /** "exists" when the version was there with the same content; it is the latest now all the same. */
  readonly state: "created" | "exists";
}

/**
 * Stores a model under a version that never changes.
 *
 * @throws BentoError BENTO_INVALID_MODEL when it is no model that onnxruntime loads
 * @throws BentoError BENTO_INVALID_INPUT when a name, signature, label or metadata value breaks a rule
 * @throws BentoError BENTO_CONFLICT when the version exists with other content, with the differences
 */
export async function saveModel(
  shelf: Shelf<ModelManifest>,
  checkLoad: LoadCheck,
  input: string | Uint8Array | SpooledFile,
  options: SaveModelOptions,
): Promise<SavedModel> {
  const { labels = {}, metadata = {}, signal } = options;
  signal?.throwIfAborted();
  checkNames(options);
  checkLabels(labels);
  checkMetadata(metadata);
  checkTime(options.registeredAt);
  const source = await readModelSource(input, options);
  const manifest = makeManifest(source, options);
  const state = await storeModel({ shelf, checkLoad, source, manifest }, options);
  await markLatest(shelf, manifest, { signal });
  await changeLabels(shelf, manifest, (before) => ({ ...before, ...labels }), { signal });
  return { manifest, digest: modelDigest(manifest), state };
}

interface Work {
  readonly shelf: Shelf<ModelManifest>;
  readonly checkLoad: LoadCheck;
  readonly source: ModelSource;
  readonly manifest: ModelManifest;
}

async function storeModel(
  { shelf, checkLoad, source, manifest }: Work,
  { registeredAt, signal, onProgress = silent }: SaveModelOptions,
): Promise<SavedModel["state"]> {
  const stored = await findVersion(shelf, manifest, { signal });
  if (stored !== undefined) {
    checkSameContent(shelf, stored, manifest);
  } else {
    await checkNoAlias(shelf, manifest);
    await checkLoad(source.loadable);
  }
  const digests = source.files.map(({ blob }) => blob.digest);
  return withPending(
    shelf.driver,
    { digests, now: shelf.now, wait: shelf.wait, signal },
    async () => {
      // also for a version that exists: a blob that was lost or deleted as damaged comes back
      const files = source.files.map(({ path, blob }) => ({ path, blob, size: blob.size }));
      await eachFile(files, async ({ path, blob }) => {
        await putBlob(shelf.driver, blob, { step: `store ${path}`, onProgress, signal });
      });
      return stored === undefined
        ? registerVersion(shelf, manifest, { registeredAt, signal })
        : "exists";
    },
  );
}

function makeManifest(source: ModelSource, options: SaveModelOptions): ModelManifest {
  const { inputs, outputs } = source.signature;
  const content = {
    schema: 1,
    name: options.name,
    framework: options.framework ?? "onnx",
    files: source.files.map(({ path, blob }) => ({ path, digest: blob.digest, size: blob.size })),
    entry: ENTRY,
    inputs,
    outputs,
    signatures: completeSignatures({ inputs, outputs }, options.signatures),
    metadata: options.metadata ?? {},
  };
  const version = options.version ?? contentVersion(content);
  return ModelManifest.parse({ ...content, version });
}

function checkMetadata(metadata: Metadata): void {
  const wrong = Object.entries(metadata).filter(
    ([key, value]) => !Metadata.safeParse({ [key]: value }).success,
  );
  if (wrong.length > 0) {
    const lines = wrong.map(
      ([key, value]) => `metadata ${JSON.stringify(key)} cannot be ${inspect(value)}`,
    );
    throw new BentoError("BENTO_INVALID_INPUT", lines.join("\n"), {
      where: "metadata",
      hint: "values are texts, finite numbers, true, false, null or flat lists of them; names are not empty",
    });
  }
}

function checkTime(registeredAt: string | undefined): void {
  if (registeredAt !== undefined && !z.iso.datetime().safeParse(registeredAt).success) {
    throw new BentoError("BENTO_INVALID_INPUT", `not a time: ${JSON.stringify(registeredAt)}`, {
      where: "registeredAt",
      hint: "write it in UTC as ISO 8601 does, e.g. 2026-01-31T08:00:00.000Z",
    });
  }
}

function checkNames({ name, version }: SaveModelOptions): void {
  if (!TAG_PART.test(name)) {
    throw new BentoError("BENTO_INVALID_INPUT", `not a name for a model: ${JSON.stringify(name)}`, {
      hint: "choose 1 to 63 of a-z 0-9 . _ -, starting and ending with a letter or digit",
    });
  }
  if (version !== undefined && (version === LATEST || !TAG_PART.test(version))) {
    throw new BentoError("BENTO_INVALID_INPUT", `not a version: ${JSON.stringify(version)}`, {
      hint:
        version === LATEST
          ? "latest always means the version registered last; leave the version out to get one from the content"
          : "choose 1 to 63 of a-z 0-9 . _ -, starting and ending with a letter or digit, e.g. v1.2.0",
    });
  }
}

async function checkNoAlias(
  shelf: Shelf<ModelManifest>,
  { name, version }: ModelManifest,
): Promise<void> {
  const meant = await aliasVersion(shelf, { name, version });
  if (meant !== undefined) {
    throw new BentoError("BENTO_CONFLICT", `${name}:${version} is an alias, of version ${meant}`, {
      where: shelf.driver.url,
      hint: "choose another version, or remove the alias first",
    });
  }
}
