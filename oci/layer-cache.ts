/**
 * Remembers layers by what goes into them, so that an unchanged one is never read, packed or hashed again. A memo is
 * a promise only: without its blob, whole, the layer is built anew.
 *
 * @module
 */
import { readdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import * as z from "zod";
import { canonicalJson } from "../core/canonical-json.ts";
import { Digest, digestHex, digestOf } from "../core/digest.ts";
import { type Compressor, identifyCompressor } from "./compressor.ts";
import { type DocumentMemo, documentMemo } from "./document-memo.ts";
import type { FileStamps } from "./file-stamps.ts";
import type { Compression } from "./gzip.ts";
import { type BuildLayerOptions, type BuiltLayer, buildLayer } from "./layer.ts";
import { createLayout, type OciLayout } from "./layout.ts";
import { Descriptor } from "./manifest.ts";
import type { TarEntry } from "./tar-entry.ts";
import { planTar } from "./tar-plan.ts";

/** Changes whenever the same entries would give other bytes than before. */
const FORMAT = 1;

/** Layers that no image was made of for so long are dropped. */
const KEPT_MS = 30 * 24 * 60 * 60 * 1000;

const LayerMemo = z.strictObject({
  descriptor: Descriptor,
  diffId: Digest,
  uncompressedBytes: z.int().min(0),
});

export interface CachedLayer extends BuiltLayer {
  /** Whether it was taken from the cache. */
  readonly isCached: boolean;
}

export interface LayerCache {
  readonly compressor: Compressor;
  readonly stamps: FileStamps;
  /** What was found out about content, e.g. about the libraries of a base. */
  readonly facts: DocumentMemo;
  /** Builds a layer into a layout, or takes it from the cache; either way the same. */
  build(
    options: Omit<BuildLayerOptions, "sink"> & { readonly sink: OciLayout },
  ): Promise<CachedLayer>;
  /** Drops what no image was made of for 30 days, and leftovers of killed writers. */
  prune(): Promise<void>;
}

export interface LayerCacheOptions {
  /** Made when absent; safe to delete. */
  readonly directory: string;
  readonly stamps: FileStamps;
  /** @default this Node's */
  readonly compressor?: Compressor;
  /** Milliseconds since the epoch. @default the system's clock */
  readonly now?: () => number;
}

export async function openLayerCache(options: LayerCacheOptions): Promise<LayerCache> {
  const { directory, stamps, compressor = identifyCompressor(), now = Date.now } = options;
  const blobs = await createLayout(directory, { stamps });
  const memos = documentMemo({ directory: join(directory, "memos"), now });
  const facts = documentMemo({ directory: join(directory, "facts"), now });
  return {
    compressor,
    stamps,
    facts,
    async build({ sink, ...layer }) {
      const key = layerKey(layer.entries, layer.compression, compressor);
      if (key === undefined) {
        return { ...(await buildLayer({ ...layer, sink })), isCached: false };
      }
      const known = await memos.get(key, LayerMemo);
      const isCached = known !== undefined && (await blobs.hasBlob(known.descriptor));
      const built = isCached ? known : await buildLayer({ ...layer, sink: blobs });
      await memos.put(key, built); // at each use: its time tells what is still wanted
      if (!(await sink.hasBlob(built.descriptor))) {
        await sink.adoptBlob(blobs, built.descriptor, { signal: layer.signal });
      }
      return { ...built, isCached };
    },
    async prune() {
      const beforeMs = now() - KEPT_MS;
      const kept = await memos.prune(beforeMs, LayerMemo);
      const wanted = new Set(kept.map(({ descriptor }) => digestHex(descriptor.digest)));
      await dropBlobs(join(directory, "blobs", "sha256"), wanted, beforeMs);
      await facts.prune(beforeMs, z.unknown());
      await stamps.prune(beforeMs);
    },
  };
}

/**
 * What a layer's bytes depend on, in a digest. Pure.
 *
 * @returns undefined when a file's content is known only by reading it
 */
export function layerKey(
  entries: Iterable<TarEntry>,
  compression: Compression,
  compressor: Compressor,
): Digest | undefined {
  const lines: unknown[] = [];
  for (const entry of planTar(entries)) {
    switch (entry.kind) {
      case "directory":
        lines.push([entry.kind, entry.path, entry.shared ?? false]);
        break;
      case "symlink":
        lines.push([entry.kind, entry.path, entry.target]);
        break;
      case "file": {
        const { path, size, content, identity, executable = false } = entry;
        const stands = typeof content === "function" ? identity : digestOf(content);
        if (stands === undefined) {
          return undefined;
        }
        lines.push([entry.kind, path, executable, size, stands]);
      }
    }
  }
  const how = compression === "stored" ? "stored" : compressor.id;
  return digestOf(canonicalJson({ format: FORMAT, compression: how, entries: lines }));
}

async function dropBlobs(
  folder: string,
  wanted: ReadonlySet<string>,
  beforeMs: number,
): Promise<void> {
  for (const name of await readdir(folder).catch(() => [])) {
    const path = join(folder, name);
    const found = await stat(path).catch(() => undefined);
    // a young blob's memo may be on its way
    const isOld = found !== undefined && found.mtimeMs < beforeMs;
    if (isOld && /^[0-9a-f]{64}$/.test(name) && !wanted.has(name)) {
      await rm(path, { force: true });
    }
  }
}
