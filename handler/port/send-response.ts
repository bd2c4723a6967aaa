/**
 * Writes an answer to Node's server: a light one in one piece, a real one as its body comes, no faster than the caller reads.
 *
 * @module
 */
import { once } from "node:events";
import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from "node:http";
import { lightOf } from "./light-response.ts";

/** Longest that the rest of a body is taken in after the answer, and its most bytes; then the connection is cut. */
const DRAIN_MS = 500;
const DRAIN_BYTES = 64 * 2 ** 20;

/** The mark of a handler that has written to Node's response itself, as Hono's helpers set it. */
const ALREADY_SENT = "x-hono-already-sent";

/** Never throws: what cannot be written any more ends the connection. */
export function sendResponse(
  response: Response,
  { incoming, outgoing }: { incoming: IncomingMessage; outgoing: ServerResponse },
): void {
  if (!incoming.complete) {
    drainAfter(incoming, outgoing);
  }
  const light = lightOf(response);
  if (light !== undefined) {
    const { status, body, headers } = light;
    outgoing.writeHead(status, { ...headers, "content-length": Buffer.byteLength(body) });
    outgoing.end(body);
  } else if (!response.headers.has(ALREADY_SENT)) {
    sendStream(response, outgoing).catch((error) => outgoing.destroy(error));
  }
}

/** Takes in what is left of a body once the answer is out. */
export function drainAfter(incoming: IncomingMessage, outgoing: ServerResponse): void {
  outgoing.once("finish", () => drain(incoming));
}

async function sendStream(response: Response, outgoing: ServerResponse): Promise<void> {
  const { status, statusText, body } = response;
  outgoing.statusMessage = statusText;
  outgoing.writeHead(status, headersOf(response.headers));
  if (body === null) {
    outgoing.end();
    return;
  }
  outgoing.flushHeaders();
  const reader = body.getReader();
  const left = new AbortController();
  const leave = () => {
    left.abort();
    reader.cancel().catch(() => {});
  };
  outgoing.once("close", leave);
  try {
    for (let read = await reader.read(); !read.done; read = await reader.read()) {
      if (!outgoing.write(read.value)) {
        await once(outgoing, "drain", { signal: left.signal }).catch(() => {});
      }
    }
    outgoing.end();
  } finally {
    outgoing.removeListener("close", leave);
  }
}

function headersOf(headers: Headers): OutgoingHttpHeaders {
  const cookies = headers.getSetCookie();
  return {
    ...Object.fromEntries(headers),
    ...(cookies.length === 0 ? {} : { "set-cookie": cookies }),
  };
}

/** A connection is of use again only once the body has been read, and nobody may keep it busy for ever. */
function drain(incoming: IncomingMessage): void {
  let bytes = 0;
  const cut = () => incoming.socket.destroySoon();
  const timer = setTimeout(cut, DRAIN_MS);
  incoming.on("data", (chunk: Buffer) => {
    bytes += chunk.byteLength;
    if (bytes > DRAIN_BYTES) {
      cut();
    }
  });
  for (const event of ["end", "error", "close"]) {
    incoming.once(event, () => clearTimeout(timer));
  }
  incoming.resume();
}
