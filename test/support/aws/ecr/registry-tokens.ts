/**
 * Tokens that open the registry, each for who asked for it, for twelve hours.
 *
 * @module
 */
import { randomUUID } from "node:crypto";
import { AwsFailure, type Principal } from "../aws-call.ts";

const TOKEN_MS = 12 * 60 * 60 * 1000;

export interface RegistryTokens {
  issue(principal: Principal): { readonly token: string; readonly expiresAt: number };
  /** @throws AwsFailure 401 for what is no token, 403 for one that is too old */
  principalOf(token: string): Principal;
  /** Tokens that were given so far are good no more. */
  expire(): void;
}

export function registryTokens(): RegistryTokens {
  const tokens = new Map<string, { principal: Principal; expiresAt: number }>();
  return {
    issue(principal) {
      const token = randomUUID();
      const expiresAt = Date.now() + TOKEN_MS;
      tokens.set(token, { principal, expiresAt });
      return { token, expiresAt };
    },
    principalOf(token) {
      const known = tokens.get(token);
      if (known === undefined) {
        throw new AwsFailure("UNAUTHORIZED", "Not Authorized", 401);
      }
      if (known.expiresAt < Date.now()) {
        throw new AwsFailure(
          "DENIED",
          "Your authorization token has expired. Reauthenticate and try again.",
          403,
        );
      }
      return known.principal;
    },
    expire() {
      for (const known of tokens.values()) {
        known.expiresAt = 0;
      }
    },
  };
}
