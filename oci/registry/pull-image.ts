/**
 * Pulls the image of one platform from a registry into a layout: blobs first, the image's name last, so a pull that is
 * cut short is continued by the next.
 *
 * @module
 */
import { BentoError } from "../../core/bento-error.ts";
import { formatImageRef, type ImageRef } from "../../core/image-ref.ts";
import { type OnProgress, silent } from "../../core/progress.ts";
import { type ByteStream, streamOf } from "../chunks.ts";
import type { OciLayout } from "../layout.ts";
import {
  type Descriptor,
  ImageConfig,
  ImageManifest,
  type ImagePlatform,
  parseDocument,
} from "../manifest.ts";
import { eachParallel } from "../parallel.ts";
import { createRegistryClient, type RegistryClient } from "./client.ts";
import { parseJson, platformManifest } from "./remote-source.ts";
import { markPassing, retrying } from "./retry.ts";
import type { RegistryOptions } from "./session.ts";

export interface PullImageOptions extends RegistryOptions {
  readonly reference: ImageRef;
  readonly platform: ImagePlatform;
  readonly layout: OciLayout;
  /** Name in the layout's index. */
  readonly name: string;
  /** What the progress is called. @default "pull base" */
  readonly step?: string | undefined;
  readonly onProgress?: OnProgress | undefined;
}

const PARALLEL_DOWNLOADS = 3;

/**
 * @returns the image's manifest, never an index
 * @throws BentoError BENTO_UNREACHABLE, BENTO_NOT_FOUND, BENTO_INTEGRITY; BENTO_UNSUPPORTED when it has no image for
 * the platform
 */
export async function pullImage(options: PullImageOptions): Promise<Descriptor> {
  const { layout, reference, signal } = options;
  const client = createRegistryClient(reference, options);
  const document = await platformManifest(client, reference, options.platform);
  const where = formatImageRef(reference);
  const manifest = parseDocument(ImageManifest, parseJson(document.bytes, where), where);
  const report = reporter(options, [manifest.config, ...manifest.layers]);
  const fetch = async (blob: Descriptor) => {
    if (!(await layout.hasBlob(blob))) {
      await retrying(options, () => fetchBlob(client, blob, { layout, report, signal }));
    }
    report.done(blob);
  };
  await fetch(manifest.config);
  // a name that leads to one image alone was not chosen by platform
  checkPlatform(await layout.readDocument(manifest.config), options.platform, where);
  await eachParallel(manifest.layers, PARALLEL_DOWNLOADS, fetch);
  await layout.writeBlob(streamOf(document.bytes));
  await layout.setImage(document.descriptor, options.name);
  return document.descriptor;
}

function checkPlatform(document: unknown, platform: ImagePlatform, where: string): void {
  const { os, architecture } = parseDocument(ImageConfig, document, where);
  const found = `${os}/${architecture}`;
  if (found !== platform) {
    throw new BentoError("BENTO_UNSUPPORTED", `the image is for ${found}, not ${platform}`, {
      where,
      hint: `choose --platform ${found}, or name an image for ${platform}`,
    });
  }
}

interface FetchBlobOptions {
  readonly layout: OciLayout;
  readonly report: Reporter;
  readonly signal: AbortSignal | undefined;
}

async function fetchBlob(
  client: RegistryClient,
  blob: Descriptor,
  { layout, report, signal }: FetchBlobOptions,
): Promise<void> {
  try {
    await layout.writeBlob(report.watch(blob, client.blobs.get(blob)), { signal });
  } catch (error) {
    if (BentoError.isInstance(error)) {
      // bytes that changed on their way may come whole the next time
      throw error.code === "BENTO_INTEGRITY" ? markPassing(error, { isLost: false }) : error;
    }
    signal?.throwIfAborted();
    const reason = error instanceof Error ? error.message : String(error);
    throw new BentoError("BENTO_IO", `cannot keep a blob of the image: ${reason}`, {
      where: layout.directory,
      hint: "make room on the disk, then pull again: what has arrived is not fetched twice",
      cause: error,
    });
  }
}

interface Reporter {
  watch(blob: Descriptor, source: ByteStream): ByteStream;
  done(blob: Descriptor): void;
}

/** Tells the bytes that are here, over all blobs. */
function reporter(
  { onProgress = silent, step = "pull base" }: PullImageOptions,
  blobs: readonly Descriptor[],
): Reporter {
  const totalBytes = blobs.reduce((total, blob) => total + blob.size, 0);
  const here = new Map<Descriptor, number>();
  const tell = (blob: Descriptor, bytes: number) => {
    here.set(blob, bytes);
    const doneBytes = [...here.values()].reduce((total, some) => total + some, 0);
    onProgress({ kind: "step-progress", step, doneBytes, totalBytes });
  };
  return {
    async *watch(blob, source) {
      let bytes = 0;
      for await (const chunk of source) {
        bytes += chunk.length;
        tell(blob, bytes);
        yield chunk;
      }
    },
    done: (blob) => tell(blob, blob.size),
  };
}
