/**
 * Accounts at registries. Where they come from is a chain of sources; the first that knows the host answers.
 *
 * @module
 */

/** A name and password, or a token that is exchanged for others. */
export type Credentials =
  | { readonly kind: "password"; readonly username: string; readonly password: string }
  | { readonly kind: "identity-token"; readonly token: string };

export interface CredentialRequest {
  /** As in images' names, e.g. `docker.io` or `127.0.0.1:5000`. */
  readonly host: string;
  /** False while reading without an account may do: sources that cost a login stay silent then. */
  readonly isNeeded: boolean;
  readonly signal?: AbortSignal | undefined;
}

/** Knows accounts; undefined when it has none for the host. */
export type CredentialSource = (request: CredentialRequest) => Promise<Credentials | undefined>;

/** Asks one source after the other. */
export function firstCredentials(...sources: readonly CredentialSource[]): CredentialSource {
  return async (request) => {
    for (const source of sources) {
      const found = await source(request);
      if (found !== undefined) {
        return found;
      }
    }
    return undefined;
  };
}

/** The value of an `Authorization` header. */
export function basicAuthorization(username: string, password: string): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString("base64")}`;
}
