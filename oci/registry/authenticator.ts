/**
 * Answers a registry's challenges: Basic with the account, Bearer with a token for the scopes that are asked for. Tokens
 * are kept until shortly before they expire.
 *
 * @module
 */
import { type Challenge, parseChallenge } from "./challenge.ts";
import { basicAuthorization, type CredentialSource, type Credentials } from "./credentials.ts";
import { accountRefused, fetchToken, realmOf, type Token } from "./token.ts";
import type { Reply, Transport } from "./transport.ts";

export interface AuthenticatorOptions {
  /** As in images' names. */
  readonly host: string;
  readonly transport: Transport;
  /** @default none: what anyone may read is read */
  readonly credentials?: CredentialSource | undefined;
  /** Whether reading is all that is wanted: then no account may do as well. */
  readonly isReader: boolean;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly signal?: AbortSignal | undefined;
}

export interface Authenticator {
  /** Value of the header as far as is known; undefined before the registry has asked for one. */
  authorization(scopes: readonly string[]): Promise<string | undefined>;
  /**
   * Another value after a refusal, 401 or 403.
   *
   * @param used - the value that was refused
   * @returns undefined when there is nothing better
   */
  better(
    reply: Reply,
    scopes: readonly string[],
    used: string | undefined,
  ): Promise<string | undefined>;
  /** Name of the account that was used; undefined without one. */
  account(): string | undefined;
}

/** A token is renewed when this part of its time is over. */
const USED_PART = 0.8;

interface KeptToken {
  readonly value: Promise<string>;
  untilMs: number;
}

export function createAuthenticator(options: AuthenticatorOptions): Authenticator {
  const accounts = accountOf(options);
  const tokens = new Map<string, KeptToken>();
  let challenge: Challenge | undefined;

  async function authorization(scopes: readonly string[]): Promise<string | undefined> {
    if (challenge === undefined) {
      return undefined;
    }
    if (challenge.scheme === "basic") {
      const found = await accounts.need();
      const isPassword = found?.kind === "password";
      return isPassword ? basicAuthorization(found.username, found.password) : undefined;
    }
    const key = keyOf(scopes);
    let token = tokens.get(key);
    if (token === undefined || token.untilMs <= options.now()) {
      token = keptToken(challenge, scopes);
      tokens.set(key, token);
    }
    return `Bearer ${await token.value}`;
  }

  function keptToken(asked: Challenge, scopes: readonly string[]): KeptToken {
    const kept: KeptToken = { untilMs: Number.POSITIVE_INFINITY, value: obtain() };
    async function obtain(): Promise<string> {
      try {
        const token = await obtainToken(asked, scopes);
        kept.untilMs = options.now() + token.seconds * 1000 * USED_PART;
        return token.value;
      } catch (error) {
        kept.untilMs = 0; // the next one asks again
        throw error;
      }
    }
    return kept;
  }

  async function obtainToken(asked: Challenge, scopes: readonly string[]): Promise<Token> {
    const account = await accounts.read();
    const request = { challenge: asked, scopes, ...options };
    const token = await fetchToken({ ...request, account });
    if (token !== undefined) {
      return token;
    }
    const other = account === undefined ? await accounts.need() : undefined;
    const second = other && (await fetchToken({ ...request, account: other }));
    if (second === undefined) {
      throw accountRefused(options.host, accounts.name());
    }
    return second;
  }

  return {
    authorization,
    account: accounts.name,
    async better(reply, scopes, used) {
      const isAnonymous = accounts.name() === undefined;
      if (reply.status === 401) {
        challenge = realmOf(reply, parseChallenge(reply.headers["www-authenticate"]));
      }
      if (challenge === undefined || (reply.status === 403 && !isAnonymous)) {
        return undefined;
      }
      if (used !== undefined && isAnonymous) {
        if ((await accounts.need()) === undefined) {
          return undefined;
        }
        tokens.clear();
      } else if ((await tokens.get(keyOf(scopes))?.value.catch(() => "")) === used?.slice(7)) {
        tokens.delete(keyOf(scopes));
      }
      const value = await authorization(scopes);
      return value === used ? undefined : value;
    },
  };
}

function keyOf(scopes: readonly string[]): string {
  return [...scopes].sort().join(" ");
}

/** The account, read once; and once more when doing without one was not enough. */
function accountOf({ host, credentials, isReader, signal }: AuthenticatorOptions) {
  let isNeeded = !isReader;
  let asked: Promise<Credentials | undefined> | undefined;
  let found: Credentials | undefined;
  async function read(): Promise<Credentials | undefined> {
    asked ??= (async () => await credentials?.({ host, isNeeded, signal }))();
    found = await asked;
    return found;
  }
  return {
    read,
    async need(): Promise<Credentials | undefined> {
      const first = await read();
      if (first !== undefined || isNeeded) {
        return first;
      }
      isNeeded = true;
      asked = undefined;
      return await read();
    },
    name: () => (found?.kind === "password" ? found.username : found && "the token's owner"),
  };
}
