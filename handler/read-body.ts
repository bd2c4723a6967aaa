/**
 * Reads the JSON body of a request: capped while it streams, whatever its headers promise.
 *
 * @module
 */
import { HttpError } from "./http-error.ts";
import { findJsonFault } from "./json-position.ts";

/** 32 MiB. */
export const DEFAULT_MAX_BODY_BYTES = 32 * 2 ** 20;

/**
 * @param maxBytes - longest body in bytes
 * @throws HttpError 415 for another content type, 413 for a body that is too long, 400 for one that is not JSON
 */
export async function readJson(request: Request, maxBytes: number): Promise<unknown> {
  checkType(request.headers);
  const text = decodeText(await readCapped(request, maxBytes));
  if (text.trim() === "") {
    throw new HttpError(400, "the body is empty; expected a JSON object");
  }
  try {
    return JSON.parse(text);
  } catch {
    throw notJson(text);
  }
}

function checkType(headers: Headers): void {
  const given = headers.get("content-type");
  const type = given?.split(";", 1)[0]?.trim().toLowerCase() ?? "";
  if (type !== "" && type !== "application/json" && !/^application\/[\w.-]+\+json$/.test(type)) {
    throw new HttpError(415, `cannot read ${type}; send application/json`, {
      detail: { accepted: ["application/json"] },
    });
  }
  const encoding = headers.get("content-encoding")?.trim().toLowerCase() ?? "identity";
  if (encoding !== "identity") {
    throw new HttpError(415, `cannot read a body in ${encoding}; send it as it is`);
  }
}

async function readCapped(request: Request, maxBytes: number): Promise<Uint8Array> {
  const tooLarge = () =>
    new HttpError(413, `the body is longer than ${maxBytes} bytes`, { detail: { maxBytes } });
  if (Number(request.headers.get("content-length") ?? 0) > maxBytes) {
    throw tooLarge();
  }
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  // leaving the loop cancels the stream
  for await (const chunk of request.body ?? []) {
    bytes += chunk.byteLength;
    if (bytes > maxBytes) {
      throw tooLarge();
    }
    chunks.push(chunk);
  }
  const [only] = chunks;
  return chunks.length === 1 && only !== undefined ? only : Buffer.concat(chunks, bytes);
}

function decodeText(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw new HttpError(400, "the body is not UTF-8 text");
  }
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
