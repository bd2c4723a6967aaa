/**
 * Writes the answer to a caller whose request is not read: the shortest way through Node's server, because an overloaded one
 * goes it thousands of times a second.
 *
 * @module
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import { drainAfter } from "./send-response.ts";

/** Bytes of a body that Node may take in by itself once the answer is out. */
const SMALL_BYTES = 65_536;

export interface Refusal {
  readonly status: number;
  readonly body: string;
  /** Names and values in turn; all but the length of the body. */
  readonly headers: readonly string[];
}

export function sendRefusal(
  { status, body, headers }: Refusal,
  { incoming, outgoing }: { incoming: IncomingMessage; outgoing: ServerResponse },
): void {
  if (!(Number(incoming.headers["content-length"]) <= SMALL_BYTES)) {
    drainAfter(incoming, outgoing);
  }
  outgoing.writeHead(status, [...headers, "content-length", String(Buffer.byteLength(body))]);
  outgoing.end(body);
}
