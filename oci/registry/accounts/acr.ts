/**
 * Azure Container Registry: a token of the identity that Azure's library finds is exchanged, at the registry itself, for
 * a refresh token, which the registry's realm turns into tokens for scopes.
 *
 * @module
 */
import * as z from "zod";
import { BentoError } from "../../../core/bento-error.ts";
import { collect, streamOf } from "../../chunks.ts";
import type { CredentialRequest } from "../credentials.ts";
import { createTransport } from "../transport.ts";
import type { CloudOptions, CloudRegistry } from "./cloud.ts";

/** What is used of `@azure/identity`. */
interface AzureLibrary {
  readonly DefaultAzureCredential: new () => {
    getToken(scope: string): Promise<{ readonly token: string } | null>;
  };
}

const ExchangeAnswer = z.object({ refresh_token: z.string().min(1) });
const ANSWER_LIMIT_BYTES = 1024 * 1024;

export const acrCredentials: CloudRegistry = {
  hosts: /^[a-z0-9]+(?:-[a-z0-9]+)*\.azurecr\.(?:io|cn|us)$/,
  async credentials(host, options) {
    const library = (await options.load(
      "@azure/identity",
      "Azure Container Registry",
    )) as AzureLibrary;
    try {
      const scope = "https://containerregistry.azure.net/.default";
      const access = await new library.DefaultAzureCredential().getToken(scope);
      if (access === null) {
        throw new Error("no access token");
      }
      return { kind: "identity-token", token: await exchangeToken(host, access.token, options) };
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      throw new BentoError("BENTO_UNREACHABLE", `no account for ${host}: ${reason}`, {
        where: host,
        hint: "az login, or AZURE_CLIENT_ID, AZURE_TENANT_ID and AZURE_CLIENT_SECRET, with the role AcrPush",
        cause: error,
      });
    }
  },
};

async function exchangeToken(
  host: CredentialRequest["host"],
  token: string,
  { exchange }: CloudOptions,
): Promise<string> {
  const form = new URLSearchParams({
    grant_type: "access_token",
    service: host,
    access_token: token,
  });
  const bytes = Buffer.from(form.toString());
  const reply = await createTransport({ exchange }).send({
    method: "POST",
    isBodySecret: true,
    url: new URL(`https://${host}/oauth2/exchange`),
    headers: { "content-type": "application/x-www-form-urlencoded", accept: "application/json" },
    body: { size: bytes.length, open: () => streamOf(bytes) },
  });
  const answer = await collect(reply.body, ANSWER_LIMIT_BYTES, host);
  if (reply.status !== 200) {
    throw new Error(`the registry answered ${reply.status} to the exchange of tokens`);
  }
  return ExchangeAnswer.parse(JSON.parse(answer.toString("utf8"))).refresh_token;
}
