/**
 * HTTP as registries need it: redirects are followed by hand, so that credentials stay with the host that they are for,
 * nothing falls back to plain HTTP, and a public host cannot point into a private network.
 *
 * @module
 */
import { isIP } from "node:net";
import { BentoError } from "../../core/bento-error.ts";

/** As the global one. */
type Fetch = (url: string, init: RequestInit) => Promise<Response>;

export interface TransportOptions {
  /** @default the global fetch */
  readonly fetch?: Fetch | undefined;
  /**
   * Longest wait for the head of an answer, in milliseconds; a body may take longer.
   *
   * @default 10_000
   */
  readonly timeoutMs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

const REDIRECT_LIMIT = 5;
const REDIRECTS: readonly number[] = [301, 302, 303, 307, 308];

/**
 * Sends a GET and follows redirects.
 *
 * @throws BentoError BENTO_UNREACHABLE when no answer comes in time; BENTO_REFUSED for an unsafe redirect
 */
export async function get(
  url: URL,
  headers: Readonly<Record<string, string>>,
  options: TransportOptions,
): Promise<Response> {
  let at = url;
  let sent = { ...headers };
  for (let hops = 0; hops <= REDIRECT_LIMIT; hops += 1) {
    const response = await send(at, sent, options);
    const location = response.headers.get("location");
    if (!REDIRECTS.includes(response.status) || location === null) {
      return response;
    }
    await response.body?.cancel();
    const next = new URL(location, at);
    checkHop(at, next);
    if (next.host !== at.host) {
      const { authorization: _dropped, ...others } = sent;
      sent = others;
    }
    at = next;
  }
  throw new BentoError("BENTO_UNREACHABLE", "too many redirects", { where: show(url) });
}

/**
 * Whether one server may send us to another.
 *
 * @throws BentoError BENTO_REFUSED from https to http, to other schemes, and from a public host to a private address
 */
export function checkHop(from: URL, to: URL): void {
  const isDowngrade = from.protocol === "https:" && to.protocol !== "https:";
  const isOther = to.protocol !== "https:" && !(to.protocol === "http:" && isLoopback(to.hostname));
  const isInward = isPrivate(to.hostname) && !isPrivate(from.hostname);
  if (isDowngrade || isOther || isInward) {
    throw new BentoError("BENTO_REFUSED", `${from.host} points to ${show(to)}`, {
      where: show(from),
      hint: "a registry may not send its readers to plain HTTP or into a private network",
    });
  }
}

/** Whether a host is this machine: only there plain HTTP is spoken. */
export function isLoopback(hostname: string): boolean {
  const host = bareHost(hostname);
  return host === "localhost" || host === "::1" || (isIP(host) === 4 && host.startsWith("127."));
}

/** A URL without its query, which may hold a signature. */
export function show(url: URL): string {
  return `${url.origin}${url.pathname}`;
}

function isPrivate(hostname: string): boolean {
  const host = bareHost(hostname);
  if (isLoopback(host)) {
    return true;
  }
  if (isIP(host) === 4) {
    return /^(?:0|10|127)\.|^169\.254\.|^192\.168\.|^172\.(?:1[6-9]|2\d|3[01])\./.test(host);
  }
  return isIP(host) === 6 && /^(?:::|fc|fd|fe[89ab])/i.test(host);
}

function bareHost(hostname: string): string {
  return hostname.replace(/^\[|\]$/g, "");
}

async function send(
  url: URL,
  headers: Record<string, string>,
  options: TransportOptions,
): Promise<Response> {
  const { signal, timeoutMs = 10_000, fetch: ask = fetch } = options;
  signal?.throwIfAborted();
  const late = new AbortController();
  const timer = setTimeout(() => late.abort(new Error(`no answer in ${timeoutMs} ms`)), timeoutMs);
  const signals = signal === undefined ? [late.signal] : [late.signal, signal];
  try {
    return await ask(url.href, { headers, redirect: "manual", signal: AbortSignal.any(signals) });
  } catch (error) {
    signal?.throwIfAborted();
    throw unreachable(url, error);
  } finally {
    clearTimeout(timer);
  }
}

/** The error for a host that gave no answer, or broke one off. */
export function unreachable(url: URL, cause: unknown): BentoError {
  const inner = cause instanceof Error && cause.cause instanceof Error ? cause.cause : cause;
  const reason = inner instanceof Error ? inner.message || inner.name : String(inner);
  return new BentoError("BENTO_UNREACHABLE", `no answer from ${url.host}: ${reason}`, {
    where: show(url),
    hint: "check the name and the network; without a registry, make a base: bento base build, then give what it prints to --base",
    cause,
  });
}
