/**
 * Values of secrets for variables that hold only where they are kept: read when the process starts, and again where it is
 * brought back from a snapshot. Values are never logged and stand in no error.
 *
 * @module
 */
import * as z from "zod";
import { BentoError } from "../../core/bento-error.ts";
import type { Environment } from "../open-service.ts";
import { awsCredentials } from "./aws-credentials.ts";
import { readReference, type SecretReference } from "./secret-reference.ts";

/** Longest time for all of them, in milliseconds: a tenth of what Lambda gives a start less. */
const LIMIT_MS = 8000;

const TARGETS = {
  secretsmanager: "secretsmanager.GetSecretValue",
  ssm: "AmazonSSM.GetParameter",
} as const;

const Refusal = z.object({ __type: z.string().optional(), message: z.string().optional() });
const Secret = z.object({ SecretString: z.string() });
const Parameter = z.object({ Parameter: z.object({ Value: z.string() }) });

/**
 * @param environment - BENTO_SECRETS names the variables, by commas; each holds an ARN
 * @returns the value of each; none where BENTO_SECRETS is not set
 * @throws BentoError BENTO_INVALID_INPUT for what is no reference; BENTO_PLATFORM when AWS refuses one, with its words;
 * BENTO_UNREACHABLE when it does not answer
 */
export async function readSecrets(environment: Environment): Promise<Record<string, string>> {
  const names = (environment["BENTO_SECRETS"] ?? "").split(",").filter((name) => name !== "");
  if (names.length === 0) {
    return {};
  }
  const references = names.map((name) => ({ name, reference: expectReference(name, environment) }));
  const signal = AbortSignal.timeout(LIMIT_MS);
  const { AwsClient } = await import("aws4fetch");
  const credentials = await awsCredentials(environment, signal);
  const values = await Promise.all(
    references.map(async ({ name, reference }) => {
      const { service, region } = reference;
      const client = new AwsClient({ ...credentials, service, region, retries: 3 });
      const post = (url: string, init: RequestInit) => client.fetch(url, { ...init, signal });
      return [name, await readSecret(name, reference, { post, environment })] as const;
    }),
  );
  return Object.fromEntries(values);
}

function expectReference(name: string, environment: Environment): SecretReference {
  const reference = readReference(environment[name] ?? "");
  if (reference === undefined) {
    throw new BentoError("BENTO_INVALID_INPUT", `${name} does not say where its secret is`, {
      where: "BENTO_SECRETS",
      hint: "give the ARN of a secret of Secrets Manager, or of a parameter of Systems Manager",
    });
  }
  return reference;
}

interface Asking {
  readonly environment: Environment;
  post(url: string, init: RequestInit): Promise<Response>;
}

async function readSecret(
  name: string,
  reference: SecretReference,
  { post, environment }: Asking,
): Promise<string> {
  const { service, id, versionId, versionStage, key } = reference;
  const asked =
    service === "ssm"
      ? { Name: id, WithDecryption: true }
      : { SecretId: id, VersionId: versionId, VersionStage: versionStage };
  const init = {
    method: "POST",
    headers: { "content-type": "application/x-amz-json-1.1", "x-amz-target": TARGETS[service] },
    body: JSON.stringify(asked),
  };
  const answer = await post(endpointOf(reference, environment), init).catch((cause: unknown) => {
    throw new BentoError("BENTO_UNREACHABLE", `the secret of ${name} cannot be read`, {
      where: id,
      hint: `see that the function reaches ${service}: in a VPC it needs an endpoint or NAT`,
      cause,
    });
  });
  if (!answer.ok) {
    throw await refused(name, reference, answer);
  }
  const body: unknown = await answer.json();
  return service === "ssm"
    ? Parameter.parse(body).Parameter.Value
    : memberOf(name, Secret.parse(body).SecretString, { id, key });
}

function endpointOf(
  { service, region, suffix }: SecretReference,
  environment: Environment,
): string {
  const own = service === "ssm" ? "AWS_ENDPOINT_URL_SSM" : "AWS_ENDPOINT_URL_SECRETS_MANAGER";
  const given = environment[own] || environment["AWS_ENDPOINT_URL"];
  return given || `https://${service}.${region}.${suffix}`;
}

async function refused(
  name: string,
  { id, service }: SecretReference,
  answer: Response,
): Promise<BentoError> {
  const said = Refusal.safeParse(await answer.json().catch(() => undefined)).data ?? {};
  const type = (said.__type ?? `status ${answer.status}`).replace(/^.*#/, "");
  const action = service === "ssm" ? "ssm:GetParameter" : "secretsmanager:GetSecretValue";
  const message = said.message === undefined ? "" : `: ${said.message}`;
  return new BentoError("BENTO_PLATFORM", `the secret of ${name}: ${type}${message}`, {
    where: id,
    hint: `let the role that it runs as do ${action} there`,
  });
}

function memberOf(
  name: string,
  text: string,
  { id, key }: { id: string; key: string | undefined },
): string {
  if (key === undefined) {
    return text;
  }
  let value: unknown;
  try {
    value = Object(JSON.parse(text))[key];
  } catch {
    // what it is must not be shown
  }
  if (value === undefined || value === null) {
    throw new BentoError("BENTO_INVALID_INPUT", `the secret of ${name} has no member ${key}`, {
      where: id,
      hint: "the secret is to be a JSON object with that member, or the reference without one",
    });
  }
  return typeof value === "string" ? value : JSON.stringify(value);
}
