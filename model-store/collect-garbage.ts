/**
 * Removes blobs that no version names. A blob goes only when it is older than a grace period, no writer has said that it
 * is about to use it, and a second look at all of that, after writers were told to wait, says so again.
 *
 * @module
 */
import type { Digest } from "../core/digest.ts";
import type { OnProgress } from "../core/progress.ts";
import type { Driver, WaitOptions } from "./driver.ts";
import { BLOBS_PREFIX, blobKey, digestOfKey } from "./keys.ts";
import { COLLECTOR_TRUST_MS, clearCondemned, condemn, pardon, pendingDigests } from "./pending.ts";
import { type Shelves, usedDigests } from "./used-digests.ts";

export interface CollectGarbageOptions extends WaitOptions {
  /** Youngest that goes, in milliseconds since it was written. @default a day */
  readonly graceMs?: number | undefined;
  /** Only tells what would go. @default false */
  readonly isDryRun?: boolean | undefined;
  /** Leaves unfinished writes alone, whatever their age. @default false */
  readonly sparesUnfinished?: boolean | undefined;
  readonly onProgress?: OnProgress | undefined;
}

export interface CollectedGarbage {
  /** Blobs that went, or would go. */
  readonly blobs: readonly { readonly digest: Digest; readonly size: number }[];
  /** Their bytes together. */
  readonly bytes: number;
  /** Blobs that stay. */
  readonly kept: number;
  /** Blobs that no version names and that are younger than the grace period, or about to be used. */
  readonly spared: number;
  /** Unfinished writes of processes that have died, which were removed too. */
  readonly unfinished: number;
}

interface Garbage {
  readonly digest: Digest;
  readonly size: number;
}

const DAY_MS = 24 * 3_600_000;

/** Blobs that are condemned at a time: writers that need one of them wait for so many deletions. */
const BATCH = 100;

/**
 * @throws BentoError BENTO_INTEGRITY when a version's document cannot be read: what it names cannot be known then, and
 * nothing more is removed
 */
export async function collectGarbage(
  driver: Driver,
  shelves: Shelves,
  options: CollectGarbageOptions = {},
): Promise<CollectedGarbage> {
  const { graceMs = DAY_MS, isDryRun = false, sparesUnfinished = false, signal } = options;
  const { now } = shelves.models;
  const before = new Date(now().getTime() - graceMs);
  const { found, kept, young } = await findGarbage(driver, shelves, { before, signal });
  const blobs: Garbage[] = [];
  for (let from = 0; from < found.length && !isDryRun; from += BATCH) {
    const batch = found.slice(from, from + BATCH);
    blobs.push(...(await removeBatch(driver, shelves, batch, { signal })));
    tell(options.onProgress, blobs, found);
  }
  if (!isDryRun) {
    await pendingDigests(driver, { now, signal }); // clears those of the dead
    await clearCondemned(driver, { now, signal });
  }
  const gone = isDryRun ? found : blobs;
  return {
    blobs: gone,
    bytes: bytesOf(gone),
    kept,
    spared: young + found.length - gone.length,
    unfinished:
      isDryRun || sparesUnfinished ? 0 : ((await driver.sweep?.(before, { signal })) ?? 0),
  };
}

async function findGarbage(
  driver: Driver,
  shelves: Shelves,
  { before, signal }: WaitOptions & { readonly before: Date },
): Promise<{ found: Garbage[]; kept: number; young: number }> {
  const used = await usedDigests(shelves, { signal });
  const found: Garbage[] = [];
  let [kept, young] = [0, 0];
  for await (const { key, size } of driver.list(BLOBS_PREFIX, { signal })) {
    const digest = digestOfKey(key);
    if (digest === undefined || used.has(digest)) {
      kept += 1;
    } else if (((await driver.writtenAt(key, { signal })) ?? before) >= before) {
      young += 1;
    } else {
      found.push({ digest, size });
    }
  }
  return { found, kept, young };
}

async function removeBatch(
  driver: Driver,
  shelves: Shelves,
  batch: readonly Garbage[],
  { signal }: WaitOptions,
): Promise<Garbage[]> {
  const { now } = shelves.models;
  const digests = batch.map(({ digest }) => digest);
  const removed: Garbage[] = [];
  await condemn(driver, digests, { now, signal });
  try {
    let lookedAt = Number.NEGATIVE_INFINITY;
    let inUse = new Set<Digest>();
    for (const blob of batch) {
      signal?.throwIfAborted();
      if (now().getTime() - lookedAt > COLLECTOR_TRUST_MS) {
        lookedAt = now().getTime();
        inUse = await digestsInUse(driver, shelves, { now, signal });
      }
      if (!inUse.has(blob.digest) && (await driver.delete(blobKey(blob.digest), { signal }))) {
        removed.push(blob);
      }
    }
  } finally {
    await pardon(driver, digests);
  }
  return removed;
}

/** Writers first: one that has finished since then has left its version to be seen. */
async function digestsInUse(
  driver: Driver,
  shelves: Shelves,
  options: WaitOptions & { readonly now: () => Date },
): Promise<Set<Digest>> {
  const pending = await pendingDigests(driver, options);
  const used = await usedDigests(shelves, options);
  return new Set([...pending, ...used]);
}

function tell(
  onProgress: OnProgress | undefined,
  removed: readonly Garbage[],
  found: readonly Garbage[],
): void {
  const [doneBytes, totalBytes] = [bytesOf(removed), bytesOf(found)];
  onProgress?.({ kind: "step-progress", step: "remove blobs", doneBytes, totalBytes });
}

function bytesOf(blobs: readonly Garbage[]): number {
  return blobs.reduce((sum, { size }) => sum + size, 0);
}
