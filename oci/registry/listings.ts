/**
 * What a registry lists of a repository, page after page: its tags, and what refers to a manifest.
 *
 * @module
 */
import * as z from "zod";
import type { Digest } from "../../core/digest.ts";
import { collect } from "../chunks.ts";
import { DOCUMENT_LIMIT_BYTES } from "../layout.ts";
import { type Descriptor, ImageIndex, parseDocument } from "../manifest.ts";
import { INDEX_TYPES } from "../media-type.ts";
import { show } from "./hop.ts";
import type { Session } from "./session.ts";
import type { Reply } from "./transport.ts";

const TagList = z.object({ tags: z.array(z.string()).nullish() });

/** More pages than any repository has: a registry that always names a next one is not followed for ever. */
const PAGES = 1000;

/** @returns undefined when the registry lists no tags, or not to this account */
export function listTags(session: Session): Promise<string[] | undefined> {
  return eachPage(session, {
    to: "tags/list?n=1000",
    accept: "application/json",
    isList: () => true,
    read: (page, where) => parseDocument(TagList, page, where).tags ?? [],
  });
}

/** @returns undefined when the registry keeps no such list */
export function listReferrers(
  session: Session,
  subject: Digest,
): Promise<Descriptor[] | undefined> {
  return eachPage(session, {
    to: `referrers/${subject}`,
    accept: INDEX_TYPES.join(", "),
    // some answer an unknown path with a page of their own
    isList: ({ headers }) =>
      INDEX_TYPES.includes(headers["content-type"]?.split(";")[0]?.trim() ?? ""),
    read: (page, where) => parseDocument(ImageIndex, page, where).manifests,
  });
}

interface Listing<Item> {
  readonly to: string;
  readonly accept: string;
  readonly isList: (reply: Reply) => boolean;
  readonly read: (page: unknown, where: string) => readonly Item[];
}

async function eachPage<Item>(
  session: Session,
  { to: first, accept, isList, read }: Listing<Item>,
): Promise<Item[] | undefined> {
  const items: Item[] = [];
  let to: string | URL = first;
  for (let page = 0; page < PAGES; page += 1) {
    const headers = { accept };
    const expect = [200, 400, 401, 403, 404, 405];
    const reply: Reply = await session.ask({ method: "GET", to, headers, expect });
    if (reply.status !== 200 || !isList(reply)) {
      reply.discard();
      return undefined;
    }
    const where = show(reply.url);
    const bytes = await collect(reply.body, DOCUMENT_LIMIT_BYTES, where);
    items.push(...read(parseJson(bytes), where));
    const next = nextPage(reply.headers["link"], reply.url);
    if (next === undefined) {
      return items;
    }
    to = next;
  }
  return items;
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
