/**
 * Small JSON documents by key, for what is costly to find out and follows from content alone. What is lost, damaged or
 * of another release is found out anew.
 *
 * @module
 */
import { randomUUID } from "node:crypto";
import { mkdir, readdir, readFile, rename, rm, stat, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type * as z from "zod";
import { canonicalJson } from "../core/canonical-json.ts";
import { type Digest, digestHex } from "../core/digest.ts";
import { sweepLeftovers } from "./leftovers.ts";

export interface DocumentMemo {
  /** The document, where there is one that the schema takes. */
  get<Schema extends z.ZodType>(key: Digest, schema: Schema): Promise<z.output<Schema> | undefined>;
  /** Keeps a document. One that cannot be written is left out: nothing depends on it. */
  put(key: Digest, document: unknown): Promise<void>;
  /** The document, found out and kept when there is none. */
  remember<Schema extends z.ZodType>(
    key: Digest,
    schema: Schema,
    find: () => Promise<z.output<Schema>>,
  ): Promise<z.output<Schema>>;
  /** Drops what was last put or found before a time, in milliseconds since the epoch; the documents that stay. */
  prune<Schema extends z.ZodType>(beforeMs: number, schema: Schema): Promise<z.output<Schema>[]>;
}

export interface DocumentMemoOptions {
  /** Made when needed; safe to delete. */
  readonly directory: string;
  /** Milliseconds since the epoch. @default the system's clock */
  readonly now?: () => number;
}

export function documentMemo({ directory, now = Date.now }: DocumentMemoOptions): DocumentMemo {
  const place = (key: Digest) => join(directory, `${digestHex(key)}.json`);
  const get: DocumentMemo["get"] = (key, schema) => readDocument(place(key), schema);
  const put: DocumentMemo["put"] = async (key, document) => {
    const path = place(key);
    const temporary = `${path}.${randomUUID()}.tmp`;
    const used = new Date(now());
    try {
      await mkdir(directory, { recursive: true });
      await writeFile(temporary, canonicalJson(document));
      await utimes(temporary, used, used);
      await rename(temporary, path);
    } catch {
      await rm(temporary, { force: true });
    }
  };
  return {
    get,
    put,
    async remember(key, schema, find) {
      const document = (await get(key, schema)) ?? (await find());
      await put(key, document); // at each use: its time tells what is still wanted
      return document;
    },
    async prune(beforeMs, schema) {
      const names = (await readdir(directory).catch(() => [])).filter((n) => n.endsWith(".json"));
      const kept = [];
      for (const path of names.map((name) => join(directory, name))) {
        const document = await readDocument(path, schema);
        const used = (await stat(path).catch(() => undefined))?.mtimeMs ?? 0;
        if (document === undefined || used < beforeMs) {
          await rm(path, { force: true });
        } else {
          kept.push(document);
        }
      }
      await sweepLeftovers([directory], { now: now() });
      return kept;
    },
  };
}

async function readDocument<Schema extends z.ZodType>(
  path: string,
  schema: Schema,
): Promise<z.output<Schema> | undefined> {
  try {
    return schema.parse(JSON.parse(await readFile(path, "utf8")));
  } catch {
    return undefined;
  }
}
