/**
 * Conversation with one registry about one repository: each request with the account that the registry wants, repeated
 * while its failure may pass. What is not the answer that was hoped for is an error in the registry's own words.
 *
 * @module
 */
import type { ImageRef } from "../../core/image-ref.ts";
import { createAuthenticator } from "./authenticator.ts";
import type { CredentialSource } from "./credentials.ts";
import { isLoopback } from "./hop.ts";
import { refusalOf } from "./refusal.ts";
import { type RetryOptions, retrying } from "./retry.ts";
import {
  createTransport,
  type Reply,
  type TransportOptions,
  type TransportRequest,
} from "./transport.ts";

export interface RegistryOptions extends TransportOptions, RetryOptions {
  /** @default none: what anyone may read is read */
  readonly credentials?: CredentialSource | undefined;
  /** Milliseconds since 1970. @default Date.now */
  readonly now?: (() => number) | undefined;
}

export interface SessionOptions extends RegistryOptions {
  readonly access: "pull" | "push";
}

export interface Ask extends Omit<TransportRequest, "url" | "headers"> {
  /** Within the repository, e.g. `blobs/uploads/`; or a whole address that the registry gave. */
  readonly to: string | URL;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** What answers are taken for one. */
  readonly expect: readonly number[];
  /** Repositories that are read besides. @default none */
  readonly alsoRead?: readonly string[] | undefined;
  /** @default true */
  readonly isRepeated?: boolean | undefined;
}

export interface Session {
  readonly ref: Pick<ImageRef, "registry" | "repository">;
  readonly options: SessionOptions;
  /** @throws BentoError BENTO_UNREACHABLE, BENTO_NOT_FOUND, BENTO_REFUSED for answers that were not expected */
  ask(request: Ask): Promise<Reply>;
}

export function createSession(
  ref: Pick<ImageRef, "registry" | "repository">,
  options: SessionOptions,
): Session {
  const { access, now = Date.now } = options;
  const base = apiBase(ref);
  const sender = accountSender(ref.registry, base, { ...options, now });
  const scope = `repository:${ref.repository}:${access === "pull" ? "pull" : "pull,push"}`;
  let opening: Promise<void> | undefined;

  async function askOnce({ to, expect, alsoRead = [], headers, ...rest }: Ask): Promise<Reply> {
    const url = typeof to === "string" ? new URL(to, base) : to;
    const scopes = [scope, ...alsoRead.map((repository) => `repository:${repository}:pull`)];
    const reply = await sender.send({ ...rest, url, headers: headers ?? {} }, scopes);
    if (expect.includes(reply.status)) {
      return reply;
    }
    const isWrite = rest.method !== "GET" && rest.method !== "HEAD";
    throw await refusalOf(reply, { ref, account: sender.account(), isWrite, nowMs: now() });
  }

  return {
    ref,
    options,
    async ask({ isRepeated = true, ...request }) {
      const work = isRepeated
        ? () => retrying(options, () => askOnce(request))
        : () => askOnce(request);
      // what the first request learns of the account, the others know
      const done = opening === undefined ? work() : opening.then(work);
      opening ??= done.then(
        () => {},
        () => {},
      );
      return await done;
    },
  };
}

/** Sends with the account where the registry itself is asked, and asks again with a better one. */
function accountSender(
  host: string,
  base: URL,
  options: SessionOptions & { readonly now: () => number },
) {
  const { access, credentials, now, signal } = options;
  const transport = createTransport(options);
  const isReader = access === "pull";
  const account = { host, transport, credentials, isReader, now, signal };
  const authenticator = createAuthenticator(account);
  return {
    account: authenticator.account,
    async send(request: TransportRequest, scopes: readonly string[]): Promise<Reply> {
      if (request.url.origin !== base.origin) {
        return await transport.send(request); // another host's own address: no account of ours
      }
      let used = await authenticator.authorization(scopes);
      for (let tries = 1; ; tries += 1) {
        const authorization = used === undefined ? {} : { authorization: used };
        const headers = { ...request.headers, ...authorization };
        const reply = await transport.send({ ...request, headers });
        const isRefused = reply.status === 401 || reply.status === 403;
        if (!isRefused || reply.url.origin !== base.origin || tries === MOST_TRIES) {
          return reply;
        }
        const better = await authenticator.better(reply, scopes, used);
        if (better === undefined) {
          return reply;
        }
        reply.discard();
        used = better;
      }
    },
  };
}

/** Without an account, with a token for nobody or an old one, with a new one. */
const MOST_TRIES = 3;

/** Docker's own registry answers under another name than images use. */
const HOSTS: Readonly<Record<string, string>> = { "docker.io": "registry-1.docker.io" };

function apiBase(ref: Pick<ImageRef, "registry" | "repository">): URL {
  const host = HOSTS[ref.registry] ?? ref.registry;
  const { hostname } = new URL(`http://${host}`);
  return new URL(`${isLoopback(hostname) ? "http" : "https"}://${host}/v2/${ref.repository}/`);
}
