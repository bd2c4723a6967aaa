/**
 * Pulls the image of one platform from a registry into a layout: blobs first, the image's name last, so a pull that is
 * cut short is continued by the next.
 *
 * @module
 */
import { setTimeout as wait } from "node:timers/promises";
import { BentoError } from "../../core/bento-error.ts";
import { formatImageRef, type ImageRef } from "../../core/image-ref.ts";
import { type OnProgress, silent } from "../../core/progress.ts";
import { streamOf } from "../chunks.ts";
import type { OciLayout } from "../layout.ts";
import {
  type Descriptor,
  ImageIndex,
  ImageManifest,
  type ImagePlatform,
  parseDocument,
} from "../manifest.ts";
import { INDEX_TYPES, MANIFEST_TYPES } from "../media-type.ts";
import { selectPlatform } from "../select-platform.ts";
import { createRegistryClient, type FetchedDocument, type RegistryClient } from "./client.ts";
import type { TransportOptions } from "./transport.ts";

export interface PullImageOptions extends TransportOptions {
  readonly reference: ImageRef;
  readonly platform: ImagePlatform;
  readonly layout: OciLayout;
  /** Name in the layout's index. */
  readonly name: string;
  /**
   * Pause before a blob is asked for again, in milliseconds; a blob is tried three times.
   *
   * @default 500
   */
  readonly retryDelayMs?: number;
  readonly onProgress?: OnProgress;
}

const ATTEMPTS = 3;

/**
 * @returns the image's manifest, never an index
 * @throws BentoError BENTO_UNREACHABLE, BENTO_NOT_FOUND, BENTO_INTEGRITY; BENTO_UNSUPPORTED when it has no image for
 * the platform
 */
export async function pullImage(options: PullImageOptions): Promise<Descriptor> {
  const { layout, reference, signal } = options;
  const client = createRegistryClient(reference, options);
  const document = await platformManifest(client, options);
  const where = formatImageRef(reference);
  const manifest = parseDocument(ImageManifest, parseJson(document.bytes, where), where);
  const blobs = [manifest.config, ...manifest.layers];
  const report = reporter(options.onProgress ?? silent, blobs);
  for (const blob of blobs) {
    if (!(await layout.hasBlob(blob))) {
      await persistently(options, () =>
        layout.writeBlob(report.watch(client.blob(blob)), { signal }),
      );
    }
    report.done(blob);
  }
  await layout.writeBlob(streamOf(document.bytes));
  await layout.setImage(document.descriptor, options.name);
  return document.descriptor;
}

async function platformManifest(
  client: RegistryClient,
  { platform, reference }: PullImageOptions,
): Promise<FetchedDocument> {
  const where = formatImageRef(reference);
  const first = await client.manifest(reference.digest ?? reference.tag ?? "latest");
  if (MANIFEST_TYPES.includes(first.descriptor.mediaType)) {
    return first;
  }
  if (!INDEX_TYPES.includes(first.descriptor.mediaType)) {
    throw new BentoError("BENTO_UNSUPPORTED", `not an image: ${first.descriptor.mediaType}`, {
      where,
    });
  }
  const index = parseDocument(ImageIndex, parseJson(first.bytes, where), where);
  return client.manifest(selectPlatform(index, platform, where).digest);
}

function parseJson(bytes: Buffer, where: string): unknown {
  try {
    return JSON.parse(bytes.toString("utf8"));
  } catch (error) {
    throw new BentoError("BENTO_INTEGRITY", "not a JSON document", { where, cause: error });
  }
}

/** Repeats what a network may break: a refusal or a missing image stays one. */
async function persistently(
  { retryDelayMs = 500, signal }: PullImageOptions,
  work: () => Promise<unknown>,
): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      await work();
      return;
    } catch (error) {
      const isTransient =
        BentoError.isInstance(error) &&
        (error.code === "BENTO_UNREACHABLE" || error.code === "BENTO_INTEGRITY");
      if (!isTransient || attempt === ATTEMPTS) {
        throw error;
      }
      await wait(retryDelayMs * attempt, undefined, signal === undefined ? {} : { signal });
    }
  }
}

/** Tells the bytes that are here, over all blobs. */
function reporter(onProgress: OnProgress, blobs: readonly Descriptor[]) {
  const step = "pull base";
  const totalBytes = blobs.reduce((total, blob) => total + blob.size, 0);
  let finishedBytes = 0;
  return {
    async *watch(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
      let doneBytes = finishedBytes;
      for await (const chunk of source) {
        doneBytes += chunk.length;
        onProgress({ kind: "step-progress", step, doneBytes, totalBytes });
        yield chunk;
      }
    },
    done(blob: Descriptor): void {
      finishedBytes += blob.size;
      onProgress({ kind: "step-progress", step, doneBytes: finishedBytes, totalBytes });
    },
  };
}
