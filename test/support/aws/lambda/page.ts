/**
 * Pages of Lambda's listings: at most fifty, whatever is asked for.
 *
 * @module
 */
import type { Members } from "../aws-call.ts";
import { compact, numberOf, textOf } from "../members.ts";

const MOST = 50;

/** @returns the page under `name`, and `NextMarker` while there is more */
export function pageOf(name: string, all: readonly unknown[], parameters: Members): Members {
  const start = Number(textOf(parameters, "Marker") ?? 0);
  const size = Math.min(numberOf(parameters, "MaxItems") ?? MOST, MOST);
  const end = start + size;
  return compact({
    [name]: all.slice(start, end),
    NextMarker: end < all.length ? String(end) : undefined,
  });
}
