/**
 * The account of one registry in two environment variables, for jobs.
 *
 * @module
 */
import type { CredentialSource } from "../credentials.ts";

/**
 * @param host - the registry that the account is for; others never see it
 */
export function environmentCredentials(
  environment: Readonly<Record<string, string | undefined>>,
  host: string,
): CredentialSource {
  const username = environment["BENTO_REGISTRY_USERNAME"] ?? "";
  const password = environment["BENTO_REGISTRY_PASSWORD"] ?? "";
  return async (request) =>
    request.host === host && username !== "" && password !== ""
      ? { kind: "password", username, password }
      : undefined;
}
