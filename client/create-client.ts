/**
 * Calls a service over HTTP, typed by the service itself: `createClient<typeof service>(url).classify({ features })`.
 *
 * @module
 */
import { BentoError } from "../core/bento-error.ts";
import type { Endpoint } from "../core/endpoint.ts";
import type { Service } from "../core/service.ts";
import { errorFromResponse } from "./client-error.ts";

export interface ClientOptions {
  /** @default the global fetch. A service's own `fetch` needs no port. */
  readonly fetch?: (request: Request) => Promise<Response>;
  /** Sent with every request, e.g. authorization. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Longest time to a whole answer, in milliseconds. @default no limit */
  readonly timeoutMs?: number;
}

export interface CallOptions {
  readonly signal?: AbortSignal;
  /** Sent with this request; wins over the client's. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** One function for each api: takes the request's JSON object, gives the bare reply. */
export type Client<S> =
  S extends Service<infer E>
    ? {
        readonly [K in keyof E]: E[K] extends Endpoint<infer I, infer O>
          ? (input: I, options?: CallOptions) => Promise<O>
          : never;
      }
    : never;

/**
 * Makes a client. No request is sent until an api is called; calls throw BentoClientError when the service answers with an
 * error, BentoError BENTO_UNREACHABLE when there is no answer, and the signal's reason when it is aborted.
 *
 * @param url - of the service's root; a path in it is kept
 * @throws BentoError BENTO_INVALID_INPUT when it is no http URL
 */
export function createClient<S extends Service>(
  url: string | URL,
  options: ClientOptions = {},
): Client<S> {
  const root = parseRoot(url);
  const call = (api: string) => (input: unknown, callOptions?: CallOptions) =>
    post(new URL(api, root), input, { ...options, call: callOptions ?? {} });
  const client = new Proxy(
    {},
    {
      // a client that is awaited, printed or compared is not asked for an api
      get: (_, name) => (typeof name === "string" && name !== "then" ? call(name) : undefined),
    },
  );
  return client as Client<S>; // each name is typed by S, which exists in types alone
}

function parseRoot(url: string | URL): URL {
  const text = String(url);
  const root = URL.parse(text.endsWith("/") ? text : `${text}/`);
  if (root === null || !/^https?:$/.test(root.protocol)) {
    throw new BentoError(
      "BENTO_INVALID_INPUT",
      `not the URL of a service: ${JSON.stringify(text)}`,
      {
        hint: "write it whole, e.g. http://127.0.0.1:3000",
      },
    );
  }
  return root;
}

interface PostOptions extends ClientOptions {
  readonly call: CallOptions;
}

async function post(url: URL, input: unknown, options: PostOptions): Promise<unknown> {
  const { timeoutMs, call, fetch = globalThis.fetch } = options;
  call.signal?.throwIfAborted();
  const deadline = timeoutMs === undefined ? undefined : AbortSignal.timeout(timeoutMs);
  const signals = [call.signal, deadline].filter((signal) => signal !== undefined);
  const request = new Request(url, {
    method: "POST",
    headers: { "content-type": "application/json", ...options.headers, ...call.headers },
    body: JSON.stringify(input),
    signal: AbortSignal.any(signals),
  });
  try {
    const response = await fetch(request);
    if (!response.ok) {
      throw await errorFromResponse(response);
    }
    return await readAnswer(response, url);
  } catch (error) {
    call.signal?.throwIfAborted();
    throw explain(error, { url, timeoutMs, isLate: deadline?.aborted === true });
  }
}

async function readAnswer(response: Response, url: URL): Promise<unknown> {
  const text = await response.text();
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new BentoError(
      "BENTO_UNREACHABLE",
      `the answer is not JSON (status ${response.status})`,
      {
        where: url.href,
        hint: "check that the URL is the service's own",
        cause,
      },
    );
  }
}

interface Circumstances {
  readonly url: URL;
  readonly timeoutMs: number | undefined;
  readonly isLate: boolean;
}

function explain(error: unknown, { url, timeoutMs, isLate }: Circumstances): unknown {
  if (isLate) {
    return new BentoError("BENTO_UNREACHABLE", `no answer within ${timeoutMs} ms`, {
      where: url.href,
      hint: "raise timeoutMs, or see whether the service is overloaded",
      cause: error,
    });
  }
  // what fetch throws when no connection came about
  if (!(error instanceof TypeError)) {
    return error;
  }
  const reason = error.cause instanceof Error ? error.cause.message : error.message;
  return new BentoError("BENTO_UNREACHABLE", `the service did not answer: ${reason}`, {
    where: url.href,
    hint: "check the URL, and that the service is running",
    cause: error,
  });
}
