/**
 * A request as Node's server has it, in the shape of fetch's `Request`. What the handler itself reads of it loads nothing;
 * for all else a real one is made when first asked for, because with fetch's classes comes Node's whole HTTP client.
 *
 * @module
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import { Readable } from "node:stream";
import { type HeaderSource, LightHeaders } from "./light-headers.ts";
import { requestUrl } from "./request-url.ts";

/** @returns undefined where the target or the host that it names is none */
export function requestOf(
  incoming: IncomingMessage,
  outgoing: ServerResponse,
): Request | undefined {
  const url = requestUrl(incoming);
  // the members that the class lacks are added to its prototype below
  return url === undefined
    ? undefined
    : lightRequest({
        method: incoming.method ?? "GET",
        url,
        source: incoming,
        open: () => ({
          signal: signalOf(outgoing),
          // Node's web streams are those of fetch, by other types
          get body() {
            return Readable.toWeb(incoming) as ReadableStream;
          },
        }),
      });
}

/** What a light request is made of. */
export interface Origin {
  readonly method: string;
  readonly url: string;
  readonly source: HeaderSource;
  /** For the real one; the body is not used of requests that have none. */
  open(): { readonly signal: AbortSignal; readonly body: ReadableStream | Uint8Array<ArrayBuffer> };
}

/** A request that loads nothing until more is asked of it than its method, URL and headers. */
export function lightRequest(origin: Origin): Request {
  return new LightRequest(origin) as unknown as Request;
}

class LightRequest {
  readonly method: string;
  readonly url: string;
  readonly #origin: Origin;
  #headers: LightHeaders | undefined;
  #real: Request | undefined;

  constructor(origin: Origin) {
    this.method = origin.method;
    this.url = origin.url;
    this.#origin = origin;
  }

  get headers(): LightHeaders {
    this.#headers ??= new LightHeaders(this.#origin.source);
    return this.#headers;
  }

  get real(): Request {
    this.#real ??= makeReal(this.#origin, this.headers.real);
    return this.#real;
  }
}

function signalOf(outgoing: ServerResponse): AbortSignal {
  const gone = new AbortController();
  outgoing.once("close", () => {
    if (!outgoing.writableFinished) {
      gone.abort(new Error("the caller has gone"));
    }
  });
  return gone.signal;
}

function makeReal({ method, url, open }: Origin, headers: Headers): Request {
  const opened = open();
  const hasBody = method !== "GET" && method !== "HEAD";
  return new Request(url, {
    method,
    headers,
    signal: opened.signal,
    ...(hasBody ? { body: opened.body, duplex: "half" } : {}),
  });
}

type Delegated = Exclude<keyof Request, "method" | "url" | "headers">;

/** What the real request answers for, and whether it is a method. */
const DELEGATED = {
  body: false,
  bodyUsed: false,
  cache: false,
  credentials: false,
  destination: false,
  duplex: false,
  integrity: false,
  keepalive: false,
  mode: false,
  redirect: false,
  referrer: false,
  referrerPolicy: false,
  signal: false,
  arrayBuffer: true,
  blob: true,
  bytes: true,
  clone: true,
  formData: true,
  json: true,
  text: true,
} as const satisfies Record<Delegated | "duplex", boolean>;

for (const [name, isMethod] of Object.entries(DELEGATED)) {
  Object.defineProperty(LightRequest.prototype, name, {
    get(this: LightRequest) {
      const value: unknown = Reflect.get(this.real, name);
      return isMethod && typeof value === "function" ? value.bind(this.real) : value;
    },
  });
}
