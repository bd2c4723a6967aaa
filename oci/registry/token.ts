/**
 * Fetches a Bearer token from the realm that a registry names: with the account's password, in exchange for its identity
 * token, or for nobody.
 *
 * @module
 */
import * as z from "zod";
import { BentoError } from "../../core/bento-error.ts";
import { collect, streamOf } from "../chunks.ts";
import type { Challenge } from "./challenge.ts";
import { basicAuthorization, type Credentials } from "./credentials.ts";
import { checkHop, show } from "./hop.ts";
import { isPassingStatus, loginHint, retryAfterMs } from "./refusal.ts";
import { markPassing } from "./retry.ts";
import type { Reply, Transport, TransportRequest } from "./transport.ts";

export interface Token {
  readonly value: string;
  /** How long it lasts, in seconds. */
  readonly seconds: number;
}

export interface FetchTokenOptions {
  readonly challenge: Challenge;
  /** E.g. `repository:team/iris:pull,push`. */
  readonly scopes: readonly string[];
  readonly account: Credentials | undefined;
  readonly transport: Transport;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

const TokenAnswer = z.object({
  token: z.string().min(1).optional(),
  access_token: z.string().min(1).optional(),
  expires_in: z.number().positive().optional(),
});
/** What the token specification says where the answer does not. */
const DEFAULT_SECONDS = 60;
const ANSWER_LIMIT_BYTES = 1024 * 1024;
const CLIENT = "bentokit";

/**
 * A challenge that can be answered; undefined for others.
 *
 * @throws BentoError BENTO_REFUSED when its realm is a place that an account may not be sent to
 */
export function realmOf(reply: Reply, challenge: Challenge | undefined): Challenge | undefined {
  if (challenge?.scheme === "basic") {
    return challenge;
  }
  const realm = challenge?.parameters["realm"];
  if (challenge?.scheme !== "bearer" || realm === undefined || !URL.canParse(realm)) {
    return undefined;
  }
  checkHop(reply.url, new URL(realm));
  return challenge;
}

/**
 * @returns undefined when the account, or nobody, is refused
 * @throws BentoError BENTO_UNREACHABLE when the realm does not answer as it should
 */
export async function fetchToken(options: FetchTokenOptions): Promise<Token | undefined> {
  const { transport, challenge, now } = options;
  const url = new URL(challenge.parameters["realm"] ?? "");
  const reply = await transport.send(tokenRequest(url, options));
  if (reply.status === 401 || reply.status === 403) {
    reply.discard();
    return undefined;
  }
  const bytes = await collect(reply.body, ANSWER_LIMIT_BYTES, show(url));
  const token = reply.status === 200 ? tokenIn(bytes.toString("utf8")) : undefined;
  if (token === undefined) {
    const error = new BentoError(
      "BENTO_UNREACHABLE",
      `no token from ${url.host}: status ${reply.status}`,
      { where: show(url), hint: "check the image's name, or try again later" },
    );
    throw isPassingStatus(reply.status)
      ? markPassing(error, { isLost: false, retryAfterMs: retryAfterMs(reply, now()) })
      : error;
  }
  return token;
}

/** The error for an account that a registry does not take. */
export function accountRefused(host: string, account: string | undefined): BentoError {
  const message =
    account === undefined
      ? `${host} wants an account`
      : `${host} refuses the account ${JSON.stringify(account)}: wrong name or password`;
  return new BentoError("BENTO_UNREACHABLE", message, { where: host, hint: loginHint(host) });
}

function tokenRequest(realm: URL, options: FetchTokenOptions): TransportRequest {
  const { account, challenge, scopes } = options;
  const { service } = challenge.parameters;
  const accept = { accept: "application/json" };
  if (account?.kind === "identity-token") {
    const form = new URLSearchParams({
      grant_type: "refresh_token",
      ...(service === undefined ? {} : { service }),
      client_id: CLIENT,
      scope: scopes.join(" "),
      refresh_token: account.token,
    });
    const bytes = Buffer.from(form.toString());
    const headers = { ...accept, "content-type": "application/x-www-form-urlencoded" };
    const body = { size: bytes.length, open: () => streamOf(bytes) };
    return { method: "POST", url: realm, headers, body, isBodySecret: true };
  }
  const url = new URL(realm);
  if (service !== undefined) {
    url.searchParams.set("service", service);
  }
  for (const scope of scopes) {
    url.searchParams.append("scope", scope);
  }
  const headers =
    account === undefined
      ? accept
      : { ...accept, authorization: basicAuthorization(account.username, account.password) };
  return { method: "GET", url, headers };
}

function tokenIn(text: string): Token | undefined {
  try {
    const answer = TokenAnswer.parse(JSON.parse(text));
    const value = answer.token ?? answer.access_token;
    return value === undefined
      ? undefined
      : { value, seconds: answer.expires_in ?? DEFAULT_SECONDS };
  } catch {
    return undefined;
  }
}
