/**
 * Reads the JSON body of a request: capped while it streams, whatever its headers promise.
 *
 * @module
 */
import { isUtf8 } from "node:buffer";
import type { IncomingMessage } from "node:http";
import type { NodeBindings } from "./caller.ts";
import { HttpError } from "./http-error.ts";
import { findJsonFault } from "./json-position.ts";

/** 32 MiB. */
export const DEFAULT_MAX_BODY_BYTES = 32 * 2 ** 20;

export interface ReadBodyOptions {
  /** Longest body in bytes. */
  readonly maxBytes: number;
  /** With Node's own stream of the body, which costs a tenth of a `Request`'s, or with the body itself. */
  readonly bindings?: NodeBindings | undefined;
}

/**
 * Reads the body of a request that says it is JSON, see {@link parseJson}.
 *
 * @throws HttpError 415 for another content type, 413 for a body that is too long, 400 for one that is not UTF-8
 */
export async function readText(request: Request, options: ReadBodyOptions): Promise<string> {
  checkType(request.headers);
  return decodeText(await readBytes(request, options));
}

/** @throws HttpError 400 for a text that is not JSON, with the place of the fault */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw text.trim() === ""
      ? new HttpError(400, "the body is empty; expected a JSON object")
      : notJson(text);
  }
}

/** @throws HttpError 415 for a compressed body, 413 for one that is too long */
export function readBytes(request: Request, options: ReadBodyOptions): Promise<Uint8Array> {
  const encoding = request.headers.get("content-encoding");
  if (encoding !== null && encoding.trim().toLowerCase() !== "identity") {
    const given = encoding.trim().toLowerCase();
    throw new HttpError(415, `cannot read a body in ${given}; send it as it is`);
  }
  const { maxBytes } = options;
  const { incoming, whole } = options.bindings ?? {};
  const length = whole?.body.byteLength ?? Number(request.headers.get("content-length") ?? 0);
  if (length > maxBytes) {
    throw tooLarge(maxBytes);
  }
  if (whole !== undefined) {
    return Promise.resolve(whole.body);
  }
  return incoming === undefined || incoming.readableDidRead
    ? readStream(request, maxBytes)
    : readIncoming(incoming, maxBytes);
}

function checkType(headers: Headers): void {
  const given = headers.get("content-type");
  if (given === null || given === "application/json") {
    return;
  }
  const type = given.split(";", 1)[0]?.trim().toLowerCase() ?? "";
  if (type !== "" && type !== "application/json" && !/^application\/[\w.-]+\+json$/.test(type)) {
    throw new HttpError(415, `cannot read ${type}; send application/json`, {
      detail: { accepted: ["application/json"] },
    });
  }
}

function tooLarge(maxBytes: number): HttpError {
  return new HttpError(413, `the body is longer than ${maxBytes} bytes`, { detail: { maxBytes } });
}

function readIncoming(incoming: IncomingMessage, maxBytes: number): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    let first: Buffer | undefined;
    let more: Buffer[] | undefined;
    let bytes = 0;
    const leave = () => {
      incoming.removeListener("data", hear).removeListener("end", end);
      incoming.removeListener("error", fail).removeListener("close", fail);
    };
    const hear = (chunk: Buffer) => {
      bytes += chunk.byteLength;
      if (bytes > maxBytes) {
        leave();
        incoming.pause(); // the server takes the rest in once the answer is out
        reject(tooLarge(maxBytes));
      } else if (first === undefined) {
        first = chunk;
      } else {
        more ??= [first];
        more.push(chunk);
      }
    };
    const end = () => {
      leave();
      resolve(more === undefined ? (first ?? new Uint8Array()) : Buffer.concat(more, bytes));
    };
    const fail = () => {
      leave();
      reject(new HttpError(499, "the caller has gone"));
    };
    incoming.on("data", hear).on("end", end).on("error", fail).on("close", fail);
  });
}

async function readStream(request: Request, maxBytes: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  // leaving the loop cancels the stream
  for await (const chunk of request.body ?? []) {
    bytes += chunk.byteLength;
    if (bytes > maxBytes) {
      throw tooLarge(maxBytes);
    }
    chunks.push(chunk);
  }
  const [only] = chunks;
  return chunks.length === 1 && only !== undefined ? only : Buffer.concat(chunks, bytes);
}

/** A byte order mark is no part of the text. */
function decodeText(bytes: Uint8Array): string {
  if (!isUtf8(bytes)) {
    throw new HttpError(400, "the body is not UTF-8 text");
  }
  const isMarked = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf;
  const { buffer, byteOffset, byteLength } = bytes;
  return Buffer.from(buffer, byteOffset, byteLength).toString("utf8", isMarked ? 3 : 0);
}

function notJson(text: string): HttpError {
  const fault = findJsonFault(text);
  if (fault === undefined) {
    return new HttpError(400, "the body is not JSON");
  }
  const { position, line, column, message } = fault;
  const constant = /got (-?(?:NaN|Infinity))$/.exec(message)?.[1];
  const advice = constant === undefined ? "" : `; JSON has no ${constant}`;
  return new HttpError(
    400,
    `the body is not JSON: line ${line}, column ${column}: ${message}${advice}`,
    { detail: { position, line, column } },
  );
}
