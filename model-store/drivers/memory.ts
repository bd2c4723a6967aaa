/**
 * The store in memory: for tests and for work that nothing should outlive. Bytes are copied in and out.
 *
 * @module
 */
import { verified } from "../../oci/verified.ts";
import {
  checkKey,
  type Driver,
  type ListOptions,
  type StoredObject,
  type StreamBody,
} from "../driver.ts";

export interface MemoryDriverOptions {
  /** The clock for times of writing. @default the system's */
  readonly now?: (() => Date) | undefined;
}

/** An empty store of its own at each call. */
export function memoryDriver({ now = () => new Date() }: MemoryDriverOptions = {}): Driver {
  const objects = new Map<string, Uint8Array>();
  const times = new Map<string, Date>();
  return {
    url: "memory://",
    async get(key, options) {
      options?.signal?.throwIfAborted();
      const bytes = objects.get(checkKey(key));
      return bytes === undefined ? undefined : new Uint8Array(bytes);
    },
    async open(key, options = {}) {
      options.signal?.throwIfAborted();
      const bytes = objects.get(checkKey(key));
      return bytes === undefined
        ? undefined
        : onePiece(new Uint8Array(bytes).subarray(options.start ?? 0, options.end));
    },
    async head(key, options) {
      options?.signal?.throwIfAborted();
      const bytes = objects.get(checkKey(key));
      return bytes === undefined ? undefined : { key, size: bytes.length };
    },
    async put(key, body, options) {
      options?.signal?.throwIfAborted();
      const state = await putObject(objects, checkKey(key), () =>
        readBody(body, key, options?.signal),
      );
      if (state === "created") {
        times.set(key, now());
      }
      return state;
    },
    async writtenAt(key, options) {
      options?.signal?.throwIfAborted();
      return objects.has(checkKey(key)) ? times.get(key) : undefined;
    },
    list: (prefix, options) => listObjects(objects, prefix, options),
    async delete(key, options) {
      options?.signal?.throwIfAborted();
      return objects.delete(checkKey(key));
    },
    async [Symbol.asyncDispose]() {
      objects.clear();
    },
  };
}

async function putObject(
  objects: Map<string, Uint8Array>,
  key: string,
  read: () => Promise<Uint8Array>,
): Promise<"created" | "exists"> {
  const bytes = objects.has(key) ? undefined : await read();
  if (bytes === undefined || objects.has(key)) {
    return "exists"; // perhaps written while the stream was read
  }
  objects.set(key, bytes);
  return "created";
}

async function* listObjects(
  objects: ReadonlyMap<string, Uint8Array>,
  prefix: string,
  { after = "", limit, signal }: ListOptions = {},
): AsyncGenerator<StoredObject, void> {
  const keys = [...objects.keys()].filter((key) => key.startsWith(prefix) && key > after);
  for (const key of keys.sort().slice(0, limit)) {
    signal?.throwIfAborted();
    yield { key, size: objects.get(key)?.length ?? 0 };
  }
}

async function readBody(
  body: Uint8Array | StreamBody,
  key: string,
  signal: AbortSignal | undefined,
): Promise<Uint8Array> {
  if (body instanceof Uint8Array) {
    return new Uint8Array(body);
  }
  const pieces: Uint8Array[] = [];
  for await (const piece of verified(body.open(), body, key)) {
    signal?.throwIfAborted();
    pieces.push(piece);
  }
  return Buffer.concat(pieces);
}

async function* onePiece(bytes: Uint8Array): AsyncGenerator<Uint8Array, void> {
  if (bytes.length > 0) {
    yield bytes;
  }
}
