/**
 * Who writes a version tells which blobs it is about to use, before it asks whether they are there: the collector of
 * garbage spares them. Where a collector was first and has condemned one of them, the writer waits until it is done.
 *
 * @module
 */
import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import * as z from "zod";
import { canonicalJson } from "../core/canonical-json.ts";
import { Digest, digestHex } from "../core/digest.ts";
import { findDocument } from "./document.ts";
import type { Driver, WaitOptions } from "./driver.ts";

const PENDING_PREFIX = "pending/";
const CONDEMNED_PREFIX = "condemned/";

/** Longest that a collector acts on what it has listed, in milliseconds. */
export const COLLECTOR_TRUST_MS = 5 * 60_000;

/** After this long a writer has died, or does something that takes longer than any upload should. */
const PENDING_MS = 24 * 3_600_000;

/** After this long a condemned blob's collector has died: it stops at half of it. */
const CONDEMNED_MS = 2 * COLLECTOR_TRUST_MS;

const POLL_MS = 100;

const Pending = z.object({ at: z.iso.datetime(), digests: z.array(Digest) });
const Condemned = z.object({ at: z.iso.datetime() });

export interface PendingOptions extends WaitOptions {
  readonly digests: readonly Digest[];
  readonly now: () => Date;
  /** Lets time pass between two looks, in milliseconds. @default a timer */
  readonly wait?: ((ms: number) => Promise<unknown>) | undefined;
}

/** Runs work that stores blobs and then the document that names them. */
export async function withPending<Result>(
  driver: Driver,
  { digests, now, signal, wait = sleep }: PendingOptions,
  work: () => Promise<Result>,
): Promise<Result> {
  const key = `${PENDING_PREFIX}${randomUUID()}.json`;
  const text = canonicalJson({ at: now().toISOString(), digests }, 2);
  await driver.put(key, Buffer.from(`${text}\n`), { signal });
  try {
    const wanted = new Set(digests.map(condemnedKey));
    while (await isCondemned(driver, wanted, { now, signal })) {
      await wait(POLL_MS);
    }
    return await work();
  } finally {
    await driver.delete(key).catch(() => {}); // the collector clears what is old
  }
}

/** Digests that writers of versions are about to use; what one that has died has left is cleared. */
export async function pendingDigests(
  driver: Driver,
  { now, signal }: WaitOptions & { readonly now: () => Date },
): Promise<Set<Digest>> {
  const pending = new Set<Digest>();
  for await (const { key } of driver.list(PENDING_PREFIX, { signal })) {
    const found = await findDocument({ driver, key, schema: Pending, signal });
    // whatever the grace period of garbage is: this writer may be at work
    if (found !== undefined && ageMs(found, now) > PENDING_MS) {
      await driver.delete(key, { signal });
    }
    for (const digest of found?.digests ?? []) {
      pending.add(digest);
    }
  }
  return pending;
}

/** Tells writers to wait for blobs that may be about to go. */
export async function condemn(
  driver: Driver,
  digests: readonly Digest[],
  { now, signal }: WaitOptions & { readonly now: () => Date },
): Promise<void> {
  for (const digest of digests) {
    const text = canonicalJson({ at: now().toISOString() }, 2);
    await driver.put(condemnedKey(digest), Buffer.from(`${text}\n`), { signal });
  }
}

export async function pardon(driver: Driver, digests: readonly Digest[]): Promise<void> {
  for (const digest of digests) {
    await driver.delete(condemnedKey(digest)).catch(() => {}); // writers ignore it once it is old
  }
}

/** Clears what collectors that have died have left, so that nobody waits for them. */
export async function clearCondemned(
  driver: Driver,
  { now, signal }: WaitOptions & { readonly now: () => Date },
): Promise<void> {
  for await (const { key } of driver.list(CONDEMNED_PREFIX, { signal })) {
    await isInForce(driver, key, { now, signal });
  }
}

async function isCondemned(
  driver: Driver,
  wanted: ReadonlySet<string>,
  { now, signal }: WaitOptions & { readonly now: () => Date },
): Promise<boolean> {
  let isFound = false;
  for await (const { key } of driver.list(CONDEMNED_PREFIX, { signal })) {
    if (wanted.has(key) && (await isInForce(driver, key, { now, signal }))) {
      isFound = true;
    }
  }
  return isFound;
}

async function isInForce(
  driver: Driver,
  key: string,
  { now, signal }: WaitOptions & { readonly now: () => Date },
): Promise<boolean> {
  const condemned = await findDocument({ driver, key, schema: Condemned, signal });
  if (condemned === undefined) {
    return false;
  }
  const isRecent = ageMs(condemned, now) < CONDEMNED_MS;
  if (!isRecent) {
    await driver.delete(key, { signal }); // of a collector that has died
  }
  return isRecent;
}

function ageMs({ at }: { readonly at: string }, now: () => Date): number {
  return now().getTime() - new Date(at).getTime();
}

function condemnedKey(digest: Digest): string {
  return `${CONDEMNED_PREFIX}${digestHex(digest)}.json`;
}
