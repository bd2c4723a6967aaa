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

export function createAuthenticator(options: AuthenticatorOptions): Authenticator {
  const accounts = accountOf(options);
  const tokens = tokenKeeper(options, accounts);
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
    return `Bearer ${await tokens.get(challenge, scopes)}`;
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
      } else {
        await tokens.drop(scopes, used);
      }
      const value = await authorization(scopes);
      return value === used ? undefined : value;
    },
  };
}

type Accounts = ReturnType<typeof accountOf>;

/** Tokens by their scopes; who asks for one that is on its way waits for it. */
function tokenKeeper(options: AuthenticatorOptions, accounts: Accounts) {
  const tokens = new Map<string, { readonly value: Promise<string>; untilMs: number }>();

  function start(challenge: Challenge, scopes: readonly string[]) {
    const kept = { untilMs: Number.POSITIVE_INFINITY, value: obtain() };
    async function obtain(): Promise<string> {
      try {
        const token = await obtainToken(options, accounts, { challenge, scopes });
        kept.untilMs = options.now() + token.seconds * 1000 * USED_PART;
        return token.value;
      } catch (error) {
        kept.untilMs = 0; // the next one asks again
        throw error;
      }
    }
    return kept;
  }

  return {
    async get(challenge: Challenge, scopes: readonly string[]): Promise<string> {
      const key = keyOf(scopes);
      let token = tokens.get(key);
      if (token === undefined || token.untilMs <= options.now()) {
        token = start(challenge, scopes);
        tokens.set(key, token);
      }
      return await token.value;
    },
    /** Forgets the token that was refused, unless another has taken its place. */
    async drop(scopes: readonly string[], used: string | undefined): Promise<void> {
      const value = await tokens.get(keyOf(scopes))?.value.catch(() => undefined);
      if (`Bearer ${value}` === used) {
        tokens.delete(keyOf(scopes));
      }
    },
    clear: () => tokens.clear(),
  };
}

interface TokenRequest {
  readonly challenge: Challenge;
  readonly scopes: readonly string[];
}

/** A token for the account, or for nobody; and for the account after all where nobody is refused. */
async function obtainToken(
  options: AuthenticatorOptions,
  accounts: Accounts,
  asked: TokenRequest,
): Promise<Token> {
  const account = await accounts.read();
  const token = await fetchToken({ ...asked, ...options, account });
  if (token !== undefined) {
    return token;
  }
  const other = account === undefined ? await accounts.need() : undefined;
  const second = other && (await fetchToken({ ...asked, ...options, account: other }));
  if (second === undefined) {
    throw accountRefused(options.host, accounts.name());
  }
  return second;
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
