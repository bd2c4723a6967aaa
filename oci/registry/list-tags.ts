/**
 * All tags of a repository, page after page.
 *
 * @module
 */
import * as z from "zod";
import { collect } from "../chunks.ts";
import { DOCUMENT_LIMIT_BYTES } from "../layout.ts";
import { parseDocument } from "../manifest.ts";
import { show } from "./hop.ts";
import type { Session } from "./session.ts";

const TagList = z.object({ tags: z.array(z.string()).nullish() });

/** More pages than any repository has: a registry that always names a next one is not followed for ever. */
const PAGES = 1000;

/** @returns undefined when the registry lists no tags, or not to this account */
export async function listTags(session: Session): Promise<string[] | undefined> {
  const tags: string[] = [];
  let to: string | URL = "tags/list?n=1000";
  for (let page = 0; page < PAGES; page += 1) {
    const reply = await session.ask({ method: "GET", to, expect: [200, 401, 403, 404, 405] });
    if (reply.status !== 200) {
      reply.discard();
      return undefined;
    }
    const where = show(reply.url);
    const bytes = await collect(reply.body, DOCUMENT_LIMIT_BYTES, where);
    tags.push(...(parseDocument(TagList, parseJson(bytes), where).tags ?? []));
    const next = nextPage(reply.headers["link"], reply.url);
    if (next === undefined) {
      return tags;
    }
    to = next;
  }
  return tags;
}

/** `Link: </v2/…?last=x>; rel="next"`; another host's is not followed. */
function nextPage(header: unknown, from: URL): URL | undefined {
  const [, address] = /<([^>]+)>\s*;\s*rel="?next"?/.exec(String(header ?? "")) ?? [];
  const next =
    address === undefined || !URL.canParse(address, from.href) ? undefined : new URL(address, from);
  return next?.origin === from.origin ? next : undefined;
}

function parseJson(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString("utf8"));
  } catch {
    return undefined;
  }
}
