/**
 * The port of the store: flat keys, bytes that are written once and never changed. Only put-if-absent and a consistent
 * list are asked for, so that a folder, an S3 bucket or a Map can all stand behind it.
 *
 * @module
 */
import { BentoError } from "../core/bento-error.ts";
import type { Digest } from "../core/digest.ts";
import type { ProgressOptions } from "./count-bytes.ts";

/** Bytes of a known digest, too many to hold in memory. */
export interface StreamBody {
  readonly digest: Digest;
  /** Length in bytes. */
  readonly size: number;
  /** Starts from the first byte at each call; called again when a write is repeated. */
  open(): AsyncIterable<Uint8Array>;
}

export interface WaitOptions {
  readonly signal?: AbortSignal | undefined;
}

export interface OpenOptions extends WaitOptions {
  /** First byte. @default 0 */
  readonly start?: number;
  /** Byte after the last. @default the end */
  readonly end?: number;
}

export interface ListOptions extends WaitOptions {
  /** Only keys greater than this one. @default all */
  readonly after?: string;
  /** Most keys to yield. @default all */
  readonly limit?: number;
}

/** For drivers that fetch the file first. */
export interface LocalPathOptions extends WaitOptions, ProgressOptions {
  /** What people call the bytes, e.g. the model's file. @default the key */
  readonly name?: string | undefined;
}

export interface StoredObject {
  readonly key: string;
  /** Length in bytes. */
  readonly size: number;
}

/** One place that keeps bytes under keys. Failures of disk or network are BentoErrors that name the place. */
export interface Driver extends AsyncDisposable {
  /** The place, as a user would write it after `--store`. */
  readonly url: string;
  /** All bytes under a key, undefined when there is none; for documents, not for weights. */
  get(key: string, options?: WaitOptions): Promise<Uint8Array | undefined>;
  /** The bytes under a key in pieces, or a range of them; undefined when there is none. */
  open(key: string, options?: OpenOptions): Promise<AsyncIterable<Uint8Array> | undefined>;
  /** Length of what is under a key, undefined when there is none. */
  head(key: string, options?: WaitOptions): Promise<StoredObject | undefined>;
  /**
   * Writes where nothing is; what is there stays as it is. Of several writers at once exactly one hears "created". The
   * key becomes visible with all its bytes or not at all, and a created key survives a crash.
   *
   * @throws BentoError BENTO_INTEGRITY when a stream's bytes differ from its digest or size; nothing is stored then
   */
  put(
    key: string,
    body: Uint8Array | StreamBody,
    options?: WaitOptions,
  ): Promise<"created" | "exists">;
  /** Keys that start with `prefix` in the order of their characters, read in pages as they are consumed. */
  list(prefix: string, options?: ListOptions): AsyncIterable<StoredObject>;
  /** Removes a key. @returns false when there was none */
  delete(key: string, options?: WaitOptions): Promise<boolean>;
  /** When what is under a key was written, by the place's own clock; undefined when there is none. */
  writtenAt(key: string, options?: WaitOptions): Promise<Date | undefined>;
  /**
   * Removes what writers that have died left unfinished, for drivers that keep such.
   *
   * @param before - what was begun later stays
   * @returns how many there were
   */
  sweep?(before: Date, options?: WaitOptions): Promise<number>;
  /** A file with the bytes under a key, never to be written to; only for drivers on this machine's disk. */
  localPath?(key: string, options?: LocalPathOptions): Promise<string | undefined>;
  /** Drops the copy that `localPath` gave and that was found damaged; only for drivers that keep copies. */
  dropLocalPath?(key: string): Promise<void>;
}

const SEGMENT = /^[A-Za-z0-9][A-Za-z0-9._-]{0,254}$/;

/**
 * Checks that a key is made of plain names, so that none leaves a root folder or needs escaping on any backend.
 *
 * @throws BentoError BENTO_INVALID_INPUT when a segment is empty, starts with no letter or digit, or is too long
 */
export function checkKey(key: string): string {
  if (!isKey(key)) {
    throw new BentoError("BENTO_INVALID_INPUT", `not a key of the store: ${JSON.stringify(key)}`, {
      hint: "keys are names of A-Z a-z 0-9 . _ -, starting with a letter or digit and joined by /",
    });
  }
  return key;
}

/** True for what {@link checkKey} lets pass. */
export function isKey(text: string): boolean {
  return text.split("/").every((segment) => SEGMENT.test(segment));
}
