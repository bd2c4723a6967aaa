/**
 * Where one server may send us: nothing falls back to plain HTTP, and a public host cannot point into a private network.
 *
 * @module
 */
import { isIP } from "node:net";
import { BentoError } from "../../core/bento-error.ts";

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
  return (
    host === "localhost" ||
    host.endsWith(".localhost") ||
    host === "::1" ||
    (isIP(host) === 4 && host.startsWith("127."))
  );
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
    return /^(?:0|10|127)\.|^169\.254\.|^192\.168\.|^172\.(?:1[6-9]|2\d|3[01])\.|^100\.(?:6[4-9]|[7-9]\d|1[01]\d|12[0-7])\./.test(
      host,
    );
  }
  return isIP(host) === 6 && /^(?:::|fc|fd|fe[89ab])/i.test(host);
}

function bareHost(hostname: string): string {
  return hostname.replace(/^\[|\]$/g, "");
}
