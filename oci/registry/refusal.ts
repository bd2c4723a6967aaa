/**
 * What a registry says when it does not do what it was asked, as our error: its own code and words stay in it.
 *
 * @module
 */
import * as z from "zod";
import { BentoError } from "../../core/bento-error.ts";
import { formatImageRef, type ImageRef } from "../../core/image-ref.ts";
import { collect } from "../chunks.ts";
import { show } from "./hop.ts";
import { markPassing } from "./retry.ts";
import type { Reply } from "./transport.ts";

/** Longest text of a refusal that is read, in bytes. */
const TEXT_LIMIT_BYTES = 64 * 1024;
const SHOWN_CHARACTERS = 300;

const Refusals = z.object({
  errors: z.array(z.object({ code: z.string().catch(""), message: z.string().catch("") })),
});

export interface RefusalContext {
  readonly ref: Pick<ImageRef, "registry" | "repository">;
  /** Who asks, for the message: a name, or undefined without an account. */
  readonly account: string | undefined;
  readonly isWrite: boolean;
  /** Milliseconds since 1970, for dates in `Retry-After`. */
  readonly nowMs: number;
}

/** The error for an answer that is none of those expected; its body is read. */
export async function refusalOf(reply: Reply, context: RefusalContext): Promise<BentoError> {
  const { code, words } = await readWords(reply);
  const said = words === "" ? "" : `: ${words}`;
  const name = formatImageRef(context.ref);
  const { status } = reply;
  const where = show(reply.url);
  if (status === 404) {
    return notFound(code, context, where);
  }
  if (status === 401 || status === 403) {
    return forbidden(said, context, where);
  }
  if (code === "DIGEST_INVALID") {
    const error = new BentoError(
      "BENTO_INTEGRITY",
      `${name} got other bytes than were sent${said}`,
      {
        where,
        hint: "push again; when it repeats, the layout is damaged: build the image again",
      },
    );
    return markPassing(error, { isLost: false });
  }
  const isPassing = isPassingStatus(status);
  const error = new BentoError(
    "BENTO_UNREACHABLE",
    `${reply.url.host} answered ${status} for ${name}${said}`,
    {
      where,
      hint: isPassing ? "try again later" : "check the name, and what the registry takes",
    },
  );
  return isPassing
    ? markPassing(error, { isLost: false, retryAfterMs: retryAfterMs(reply, context.nowMs) })
    : error;
}

function notFound(code: string, { ref, isWrite }: RefusalContext, where: string): BentoError {
  const name = formatImageRef(ref);
  if (isWrite || code === "NAME_UNKNOWN") {
    return new BentoError(
      "BENTO_NOT_FOUND",
      `${ref.registry} has no repository ${ref.repository}`,
      {
        where,
        hint: isWrite ? "make the repository first, or check its name" : "check the name",
      },
    );
  }
  return new BentoError("BENTO_NOT_FOUND", `${name} has no such image or blob`, {
    where,
    hint: "check the name, tag and digest",
  });
}

function forbidden(
  said: string,
  { ref, account, isWrite }: RefusalContext,
  where: string,
): BentoError {
  const verb = isWrite ? "write to" : "read";
  const message =
    account === undefined
      ? `${ref.registry} wants an account to ${verb} ${ref.repository}`
      : `${ref.registry} does not let ${JSON.stringify(account)} ${verb} ${ref.repository}${said}`;
  return new BentoError("BENTO_UNREACHABLE", message, { where, hint: loginHint(ref.registry) });
}

/** How to bring an account. */
export function loginHint(host: string): string {
  return `log in: docker login ${host}, or set BENTO_REGISTRY_USERNAME and BENTO_REGISTRY_PASSWORD`;
}

async function readWords(reply: Reply): Promise<{ code: string; words: string }> {
  let text = "";
  try {
    text = (await collect(reply.body, TEXT_LIMIT_BYTES, "answer")).toString("utf8");
  } catch {
    reply.discard(); // the status says enough
  }
  if (/no space left|"Err":28\b/.test(text)) {
    return { code: "", words: "no space left there" };
  }
  const parsed = Refusals.safeParse(jsonOf(text));
  const [first] = parsed.data?.errors ?? [];
  const words = [first?.code, first?.message].filter(Boolean).join(" ");
  return { code: first?.code ?? "", words: clean(words) };
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Words of a stranger: one line, no control characters, not too long. */
function clean(words: string): string {
  return words
    .replaceAll(/[\p{Cc}\s]+/gu, " ")
    .trim()
    .slice(0, SHOWN_CHARACTERS);
}

/** What a server says that time may mend. */
export function isPassingStatus(status: number): boolean {
  return status === 408 || status === 429 || status >= 500;
}

/** How long a server wants to be left alone, in milliseconds; undefined when it does not say. */
export function retryAfterMs(reply: Reply, nowMs: number): number | undefined {
  const text = reply.headers["retry-after"];
  if (text === undefined) {
    return undefined;
  }
  const delayMs = /^\d+$/.test(text) ? Number(text) * 1000 : Date.parse(text) - nowMs;
  return Number.isFinite(delayMs) ? Math.max(0, delayMs) : undefined;
}
