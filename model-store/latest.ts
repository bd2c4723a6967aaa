/**
 * Which version of a name was registered last in this store. The chain is the answer; where it names nothing that
 * exists, as after an import killed at its very end, the times of the versions are.
 *
 * @module
 */
import * as z from "zod";
import type { ExactTag } from "../core/tag.ts";
import { type Chain, openChain } from "./chain.ts";
import type { WaitOptions } from "./driver.ts";
import { latestPrefix } from "./keys.ts";
import { findVersion, listVersions, type Shelf } from "./shelf.ts";

const LatestValue = z.object({ version: z.string().nullable() });
type LatestValue = z.infer<typeof LatestValue>;

/** The version that `latest` means, undefined when the name has none. */
export async function latestVersion<Manifest extends ExactTag>(
  shelf: Shelf<Manifest>,
  name: string,
  options?: WaitOptions,
): Promise<string | undefined> {
  const head = await latestChain(shelf, name).head(options);
  const version = head?.value.version ?? undefined;
  if (version !== undefined && (await findVersion(shelf, { name, version }, options))) {
    return version;
  }
  return await newestVersion(shelf, name, options);
}

/** Makes a registered version the latest; writes nothing when it is already. */
export async function markLatest<Manifest extends ExactTag>(
  shelf: Shelf<Manifest>,
  tag: ExactTag,
  options?: WaitOptions,
): Promise<void> {
  await latestChain(shelf, tag.name).append(
    (head) => (head?.value.version === tag.version ? undefined : { version: tag.version }),
    options,
  );
}

/** After a version was deleted: where it was the latest, the one before it that still exists is. */
export async function unmarkLatest<Manifest extends ExactTag>(
  shelf: Shelf<Manifest>,
  tag: ExactTag,
  options?: WaitOptions,
): Promise<void> {
  const chain = latestChain(shelf, tag.name);
  const version = await lastExisting(shelf, tag.name, chain);
  await chain.append(
    (head) => (head === undefined || head.value.version !== tag.version ? undefined : { version }),
    options,
  );
}

async function lastExisting<Manifest extends ExactTag>(
  shelf: Shelf<Manifest>,
  name: string,
  chain: Chain<LatestValue>,
): Promise<string | null> {
  for await (const { value } of chain.history()) {
    if (value.version !== null && (await findVersion(shelf, { name, version: value.version }))) {
      return value.version;
    }
  }
  return null;
}

async function newestVersion<Manifest extends ExactTag>(
  shelf: Shelf<Manifest>,
  name: string,
  options?: WaitOptions,
): Promise<string | undefined> {
  let newest: { version: string; registeredAt: string } | undefined;
  for await (const version of listVersions(shelf, name, options)) {
    const stored = await findVersion(shelf, { name, version }, options);
    if (stored !== undefined && stored.registeredAt >= (newest?.registeredAt ?? "")) {
      newest = { version, registeredAt: stored.registeredAt };
    }
  }
  return newest?.version;
}

function latestChain<Manifest extends ExactTag>(
  shelf: Shelf<Manifest>,
  name: string,
): Chain<LatestValue> {
  const prefix = latestPrefix(shelf.kind, name);
  return openChain({ driver: shelf.driver, prefix, value: LatestValue, now: shelf.now });
}
