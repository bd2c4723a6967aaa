/**
 * HTTP as registries need it: redirects are followed by hand, so that credentials stay with the host that they are for,
 * and a host that gives no answer is one kind of error, whatever broke.
 *
 * @module
 */
import { BentoError } from "../../core/bento-error.ts";
import type { ByteStream } from "../chunks.ts";
import {
  type Answer,
  createExchange,
  type Exchange,
  type OutgoingBody,
  type ProxyEnvironment,
} from "./exchange.ts";
import { checkHop, show } from "./hop.ts";
import { markPassing } from "./retry.ts";

export interface TransportOptions {
  /** Sends one request. @default Node's own client */
  readonly exchange?: Exchange | undefined;
  /** Heeded by the default exchange. @default none */
  readonly proxies?: ProxyEnvironment | undefined;
  /**
   * Longest silence of a server, in milliseconds; an answer or a body may take longer while bytes flow.
   *
   * @default 30_000
   */
  readonly timeoutMs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface TransportRequest {
  readonly method: "GET" | "HEAD" | "POST" | "PUT" | "PATCH" | "DELETE";
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: OutgoingBody | undefined;
  /** The body is an account's secret: it goes to no other origin. @default false */
  readonly isBodySecret?: boolean | undefined;
  /** @default the transport's */
  readonly timeoutMs?: number | undefined;
}

export interface Reply extends Answer {
  /** What answered: the last of the redirects. */
  readonly url: URL;
}

export interface Transport {
  /**
   * @throws BentoError BENTO_UNREACHABLE when no answer comes in time; BENTO_REFUSED for an unsafe redirect
   */
  send(request: TransportRequest): Promise<Reply>;
}

const REDIRECT_LIMIT = 5;
const TIMEOUT_MS = 30_000;
/** Others turn what is sent into a GET, which no upload wants. */
const REDIRECTS_OF_ALL: readonly number[] = [307, 308];
const REDIRECTS_OF_READS: readonly number[] = [301, 302, 303, ...REDIRECTS_OF_ALL];

export function createTransport(options: TransportOptions = {}): Transport {
  const exchange = options.exchange ?? createExchange(options.proxies);
  return {
    async send(request) {
      const isRead = request.method === "GET" || request.method === "HEAD";
      const redirects = isRead ? REDIRECTS_OF_READS : REDIRECTS_OF_ALL;
      let at = request;
      for (let hops = 0; hops <= REDIRECT_LIMIT; hops += 1) {
        const reply = await sendOnce(exchange, at, options);
        const { location } = reply.headers;
        if (!redirects.includes(reply.status) || location === undefined) {
          return reply;
        }
        reply.discard();
        at = { ...at, ...nextHop(at, location) };
      }
      throw new BentoError("BENTO_UNREACHABLE", "too many redirects", { where: show(request.url) });
    },
  };
}

function nextHop(
  { url, headers, isBodySecret }: TransportRequest,
  location: string,
): Pick<TransportRequest, "url" | "headers"> {
  const next = resolveLocation(location, url);
  if (next.origin === url.origin) {
    return { url: next, headers };
  }
  if (isBodySecret === true) {
    throw new BentoError("BENTO_REFUSED", `${url.host} sends an account on to ${next.host}`, {
      where: show(url),
      hint: "log in to the registry that you mean: an account is told to no other host",
    });
  }
  const { authorization: _dropped, ...others } = headers;
  return { url: next, headers: others };
}

/**
 * Where a `Location` leads, relative or absolute.
 *
 * @throws BentoError BENTO_REFUSED when it may not lead there
 */
export function resolveLocation(location: string, from: URL): URL {
  if (!URL.canParse(location, from.href)) {
    throw new BentoError("BENTO_UNREACHABLE", `${from.host} points to no address`, {
      where: show(from),
      hint: "try again later",
    });
  }
  const next = new URL(location, from);
  checkHop(from, next);
  return next;
}

async function sendOnce(
  exchange: Exchange,
  { url, timeoutMs, isBodySecret: _, ...request }: TransportRequest,
  { signal, timeoutMs: usualMs = TIMEOUT_MS }: TransportOptions,
): Promise<Reply> {
  signal?.throwIfAborted();
  try {
    const answer = await exchange({ ...request, url, timeoutMs: timeoutMs ?? usualMs, signal });
    return { ...answer, url, body: bodyOf(answer.body, url, signal) };
  } catch (error) {
    signal?.throwIfAborted();
    throw BentoError.isInstance(error) ? error : unreachable(url, error);
  }
}

/** The body, with a broken connection as our error. */
async function* bodyOf(
  body: ByteStream,
  url: URL,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array> {
  try {
    yield* body;
  } catch (error) {
    signal?.throwIfAborted();
    throw unreachable(url, error);
  }
}

/** What to do where nothing more is known. */
export const NO_ANSWER_HINT = "check the name and the network";

/** What no second try mends, and what does. */
const LASTING: Readonly<Record<string, string>> = {
  ENOTFOUND: NO_ANSWER_HINT,
  EPROTO: "the host must speak HTTPS; plain HTTP is spoken with this machine alone",
  ...Object.fromEntries(
    [
      "SELF_SIGNED_CERT_IN_CHAIN",
      "DEPTH_ZERO_SELF_SIGNED_CERT",
      "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
      "UNABLE_TO_GET_ISSUER_CERT",
      "UNABLE_TO_GET_ISSUER_CERT_LOCALLY",
      "CERT_HAS_EXPIRED",
      "ERR_TLS_CERT_ALTNAME_INVALID",
    ].map((code) => [code, "have its certificate trusted: NODE_EXTRA_CA_CERTS=FILE bento …"]),
  ),
};

/** The error for a host that gave no answer, or broke one off. */
export function unreachable(url: URL, cause: unknown): BentoError {
  const inner = cause instanceof Error && cause.cause instanceof Error ? cause.cause : cause;
  const reason = inner instanceof Error ? inner.message || inner.name : String(inner);
  const lasting = LASTING[codeOf(inner)];
  const error = new BentoError("BENTO_UNREACHABLE", `no answer from ${url.host}: ${reason}`, {
    where: show(url),
    hint: lasting ?? NO_ANSWER_HINT,
    cause,
  });
  return lasting === undefined ? markPassing(error, { isLost: true }) : error;
}

function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : "";
}
