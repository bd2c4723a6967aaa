/**
 * An answer made whole, in the shape of fetch's `Response` as far as Hono looks at it. A real one costs a cold start the
 * loading of Node's HTTP client, and every request much of its time; it is made where a light one would leave the handler.
 *
 * @module
 */
import type { NodeBindings } from "../caller.ts";

type Body = string | Uint8Array;

/** What goes to Node's server, or into an answer to Lambda, as it is. */
class LightResponse {
  /** Node's own text for the status is sent. */
  readonly statusText = "";
  readonly bodyUsed = false;
  readonly status: number;
  readonly body: Body;
  headers: Readonly<Record<string, string>>;

  constructor(status: number, body: Body, headers: Readonly<Record<string, string>>) {
    this.status = status;
    this.body = body;
    this.headers = headers;
  }
}

/** @param headers - names in lower case */
export function respond(
  status: number,
  body: Body,
  headers: Readonly<Record<string, string>>,
): Response {
  return new LightResponse(status, body, headers) as unknown as Response; // Hono only passes it on
}

/** A 200 with this JSON. */
export function respondJson(value: unknown): Response {
  return respond(200, JSON.stringify(value), { "content-type": "application/json" });
}

/** @returns undefined for a real one */
export function lightOf(response: unknown): LightResponse | undefined {
  return response instanceof LightResponse ? response : undefined;
}

/** Adds headers to an answer of either kind. */
export function withHeaders(
  response: Response,
  headers: Readonly<Record<string, string>>,
): Response {
  const light = lightOf(response);
  if (light !== undefined) {
    light.headers = { ...light.headers, ...headers };
    return response;
  }
  const changed = new Response(response.body, response); // those of a fetched answer cannot be changed
  for (const [name, value] of Object.entries(headers)) {
    changed.headers.set(name, value);
  }
  return changed;
}

/** The same answer for whoever asked: a real one unless whoever sends it takes light ones. */
export function finished(response: Response, bindings: NodeBindings | undefined): Response {
  const isTaken = bindings?.outgoing !== undefined || bindings?.whole !== undefined;
  const light = isTaken ? undefined : lightOf(response);
  if (light === undefined) {
    return response;
  }
  const { body, status, headers } = light;
  // the types of fetch leave out views of shared memory, which no body here is
  return new Response(body as string | Uint8Array<ArrayBuffer>, { status, headers });
}
