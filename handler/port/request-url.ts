/**
 * The whole URL of a request to Node's server, from its target and its `Host`. Neither may say more than it should: a host
 * with a path in it would lead to another route than the one that a proxy in front has checked.
 *
 * @module
 */
import type { IncomingMessage } from "node:http";

/** Those that `URL` would leave as they are. */
const PLAIN_TARGET = /^\/[!#$&-;=?-[\]_a-z~]*$/;
const DOT_SEGMENT = /\/\.\.?(?:[/?#]|$)/;
const PLAIN_HOST = /^[a-z0-9._-]+(?::(?:[1-5]\d{3,4}|[6-9]\d{3}))?$/;

/** @returns undefined where they make no URL */
export function requestUrl({
  url: target = "/",
  headers,
}: Pick<IncomingMessage, "url" | "headers">): string | undefined {
  if (/^https?:\/\//.test(target)) {
    return URL.parse(target)?.href;
  }
  const host = headers.host ?? "";
  if (host === "" || !target.startsWith("/")) {
    return undefined;
  }
  const url = `http://${host}${target}`;
  if (PLAIN_HOST.test(host) && PLAIN_TARGET.test(target) && !DOT_SEGMENT.test(target)) {
    return url;
  }
  return readUrl(url, { host, target });
}

function readUrl(
  text: string,
  { host, target }: { readonly host: string; readonly target: string },
): string | undefined {
  const [path = ""] = target.split("?", 1);
  const url = path.includes("\\") ? null : URL.parse(text);
  const name = host.startsWith("[") ? host.replace(/\]:\d+$/, "]") : host.replace(/:\d+$/, "");
  return url?.hostname === name.toLowerCase() ? url.href : undefined;
}
