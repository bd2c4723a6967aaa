/**
 * Google's registries: an access token of the identity that Google's library finds, as a password.
 *
 * @module
 */
import { BentoError } from "../../../core/bento-error.ts";
import type { CloudRegistry } from "./cloud.ts";

/** What is used of `google-auth-library`. */
interface GoogleLibrary {
  readonly GoogleAuth: new (options: {
    scopes: string;
  }) => {
    getAccessToken(): Promise<string | null | undefined>;
  };
}

export const artifactRegistryCredentials: CloudRegistry = {
  hosts: /^(?:[a-z0-9-]+-docker\.pkg\.dev|(?:[a-z]+\.)?gcr\.io)$/,
  async credentials(host, { load }) {
    const library = (await load("google-auth-library", "Artifact Registry")) as GoogleLibrary;
    const scopes = "https://www.googleapis.com/auth/cloud-platform";
    try {
      const password = await new library.GoogleAuth({ scopes }).getAccessToken();
      if (password === null || password === undefined) {
        throw new Error("no access token");
      }
      return { kind: "password", username: "oauth2accesstoken", password };
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      throw new BentoError("BENTO_UNREACHABLE", `no account for Artifact Registry: ${reason}`, {
        where: host,
        hint: "gcloud auth application-default login, or GOOGLE_APPLICATION_CREDENTIALS=FILE",
        cause: error,
      });
    }
  },
};
