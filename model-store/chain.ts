/**
 * A chain is a value with its whole history, kept with nothing but put-if-absent: each change is a new key, and keys
 * count down so that the newest is the first one listed. An entry is never changed or removed.
 *
 * @module
 */
import * as z from "zod";
import { BentoError } from "../core/bento-error.ts";
import { canonicalJson } from "../core/canonical-json.ts";
import { readDocument } from "./document.ts";
import type { Driver, WaitOptions } from "./driver.ts";

/** One change. */
export interface ChainEntry<Value> {
  /** 1 for the first. */
  readonly seq: number;
  /** When it was written, ISO 8601 in UTC. */
  readonly at: string;
  readonly value: Value;
}

export interface Chain<Value> {
  /** The newest entry, undefined before the first. */
  head(options?: WaitOptions): Promise<ChainEntry<Value> | undefined>;
  /** All entries, newest first. */
  history(options?: WaitOptions): AsyncIterable<ChainEntry<Value>>;
  /**
   * Adds the value that `next` makes from the head. When another writer was faster, `next` is asked again with what
   * that one wrote, so that an expectation checked in `next` holds at the moment of writing.
   *
   * @param next - undefined adds nothing; what it throws ends the call
   * @returns the new entry, or the head (undefined when there is none) when nothing was added
   */
  append(
    next: (head: ChainEntry<Value> | undefined) => Value | undefined,
    options?: WaitOptions,
  ): Promise<ChainEntry<Value> | undefined>;
}

export interface ChainOptions<Value> {
  readonly driver: Driver;
  /** Of its keys, with a trailing slash. */
  readonly prefix: string;
  readonly value: z.ZodType<Value>;
  readonly now: () => Date;
}

const LAST = 9_999_999_999;
const MOST_LOST_RACES = 1000;

/** The key of an entry: ten digits that fall as `seq` rises. */
export function chainKey(prefix: string, seq: number): string {
  return `${prefix}${String(LAST - seq).padStart(10, "0")}.json`;
}

/** The chain under a prefix; nothing is read or written yet. */
export function openChain<Value>(chain: ChainOptions<Value>): Chain<Value> {
  const { driver, prefix } = chain;
  async function head(options?: WaitOptions): Promise<ChainEntry<Value> | undefined> {
    for await (const { key } of driver.list(prefix, { ...options, limit: 1 })) {
      return await readEntry(chain, key, options);
    }
    return undefined;
  }
  return {
    head,
    async *history(options) {
      for await (const { key } of driver.list(prefix, options)) {
        yield await readEntry(chain, key, options);
      }
    },
    async append(next, options) {
      for (let lost = 0; lost < MOST_LOST_RACES; lost += 1) {
        const current = await head(options);
        const value = next(current);
        if (value === undefined) {
          return current;
        }
        const entry = { seq: (current?.seq ?? 0) + 1, at: chain.now().toISOString(), value };
        const body = Buffer.from(`${canonicalJson(entry, 2)}\n`);
        if ((await driver.put(chainKey(prefix, entry.seq), body, options)) === "created") {
          return entry;
        }
      }
      throw new BentoError("BENTO_CONFLICT", `${MOST_LOST_RACES} other writers were faster`, {
        where: `${driver.url} ${prefix}`,
        hint: "try again when fewer processes change it at once",
      });
    },
  };
}

async function readEntry<Value>(
  { driver, value }: ChainOptions<Value>,
  key: string,
  options?: WaitOptions,
): Promise<ChainEntry<Value>> {
  const schema = z.object({ seq: z.int().min(1), at: z.iso.datetime(), value });
  return await readDocument({ driver, key, schema, ...options });
}
