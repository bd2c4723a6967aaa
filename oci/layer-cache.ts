/**
 * Remembers layers by what goes into them, so that an unchanged one is never read, packed or hashed again. A memo is
 * a promise only: without its blob, whole, the layer is built anew.
 *
 * @module
 */
import { randomUUID } from "node:crypto";
import { mkdir, readdir, readFile, rename, rm, stat, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import * as z from "zod";
import { canonicalJson } from "../core/canonical-json.ts";
import { Digest, digestHex, digestOf } from "../core/digest.ts";
import { type Compressor, identifyCompressor } from "./compressor.ts";
import type { FileStamps } from "./file-stamps.ts";
import type { Compression } from "./gzip.ts";
import { type BuildLayerOptions, type BuiltLayer, buildLayer } from "./layer.ts";
import { blobPath, createLayout, type OciLayout } from "./layout.ts";
import { sweepLeftovers } from "./leftovers.ts";
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
  const memos = join(directory, "memos");
  return {
    compressor,
    async build({ sink, ...layer }) {
      const key = layerKey(layer.entries, layer.compression, compressor);
      if (key === undefined) {
        return { ...(await buildLayer({ ...layer, sink })), isCached: false };
      }
      const memo = join(memos, `${digestHex(key)}.json`);
      const known = await readMemo(memo);
      const isCached = known !== undefined && (await blobs.hasBlob(known.descriptor));
      const built = isCached ? known : await buildLayer({ ...layer, sink: blobs });
      await writeMemo(memo, built, new Date(now()));
      if (!(await sink.hasBlob(built.descriptor))) {
        await sink.adoptBlob(blobs, built.descriptor, { signal: layer.signal });
      }
      return { ...built, isCached };
    },
    async prune() {
      await prune(directory, memos, now());
      await stamps.prune(now() - KEPT_MS);
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

async function readMemo(path: string): Promise<BuiltLayer | undefined> {
  try {
    return LayerMemo.parse(JSON.parse(await readFile(path, "utf8")));
  } catch {
    return undefined; // absent, damaged, or of another release
  }
}

/** Written at each use: its time tells what is still wanted. */
async function writeMemo(path: string, layer: BuiltLayer, used: Date): Promise<void> {
  const { descriptor, diffId, uncompressedBytes } = layer;
  const temporary = `${path}.${randomUUID()}.tmp`;
  try {
    await mkdir(join(path, ".."), { recursive: true });
    await writeFile(temporary, canonicalJson({ descriptor, diffId, uncompressedBytes }));
    await utimes(temporary, used, used);
    await rename(temporary, path);
  } catch {
    await rm(temporary, { force: true }); // the layer is there all the same
  }
}

async function prune(directory: string, memos: string, nowMs: number): Promise<void> {
  const wanted = new Set<string>();
  for (const name of await readdir(memos).catch(() => [])) {
    const path = join(memos, name);
    const memo = name.endsWith(".json") ? await readMemo(path) : undefined;
    const used = (await stat(path).catch(() => undefined))?.mtimeMs ?? 0;
    if (memo !== undefined && nowMs - used <= KEPT_MS) {
      wanted.add(digestHex(memo.descriptor.digest));
    } else if (name.endsWith(".json")) {
      await rm(path, { force: true });
    }
  }
  const folder = join(directory, blobPath("sha256:"));
  for (const name of await readdir(folder).catch(() => [])) {
    const path = join(folder, name);
    const since = (await stat(path).catch(() => undefined))?.mtimeMs ?? nowMs;
    // a young blob's memo may be on its way
    if (/^[0-9a-f]{64}$/.test(name) && !wanted.has(name) && nowMs - since > KEPT_MS) {
      await rm(path, { force: true });
    }
  }
  await sweepLeftovers([memos], nowMs);
}
