/**
 * Who this process is to AWS, as Lambda tells it: by variables, or after a snapshot by an address that is asked.
 * https://docs.aws.amazon.com/lambda/latest/dg/snapstart-activate.html, read 2026-11
 *
 * @module
 */
import * as z from "zod";
import { BentoError } from "../../core/bento-error.ts";
import type { Environment } from "../open-service.ts";

export interface AwsCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

const Answer = z.object({
  AccessKeyId: z.string(),
  SecretAccessKey: z.string(),
  Token: z.string().optional(),
});

/** @throws BentoError BENTO_INVALID_INPUT where nothing says who it is; BENTO_UNREACHABLE when the address does not */
export async function awsCredentials(
  environment: Environment,
  signal: AbortSignal,
): Promise<AwsCredentials> {
  const url = environment["AWS_CONTAINER_CREDENTIALS_FULL_URI"] ?? "";
  if (url !== "") {
    return await ask(url, environment["AWS_CONTAINER_AUTHORIZATION_TOKEN"] ?? "", signal);
  }
  const accessKeyId = environment["AWS_ACCESS_KEY_ID"] ?? "";
  const secretAccessKey = environment["AWS_SECRET_ACCESS_KEY"] ?? "";
  const sessionToken = environment["AWS_SESSION_TOKEN"] ?? "";
  if (accessKeyId === "" || secretAccessKey === "") {
    throw new BentoError(
      "BENTO_INVALID_INPUT",
      "secrets are to be read, and nothing says by whom",
      {
        where: "BENTO_SECRETS",
        hint: "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, as Lambda does",
      },
    );
  }
  return { accessKeyId, secretAccessKey, ...(sessionToken === "" ? {} : { sessionToken }) };
}

async function ask(url: string, token: string, signal: AbortSignal): Promise<AwsCredentials> {
  try {
    const answer = await fetch(url, { headers: { authorization: token }, signal });
    const found = Answer.parse(await answer.json());
    return {
      accessKeyId: found.AccessKeyId,
      secretAccessKey: found.SecretAccessKey,
      ...(found.Token === undefined ? {} : { sessionToken: found.Token }),
    };
  } catch (cause) {
    throw new BentoError("BENTO_UNREACHABLE", "no credentials where AWS says that they are", {
      where: "AWS_CONTAINER_CREDENTIALS_FULL_URI",
      hint: "the platform starts the process anew",
      cause,
    });
  }
}
