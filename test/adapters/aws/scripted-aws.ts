/**
 * An endpoint that answers what a test scripts, for answers that no working service would give. Who asks is always known.
 *
 * @module
 */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { vi } from "vitest";
import { type AwsSession, openSession } from "../../../adapters/aws/session.ts";

export interface ScriptedReply {
  /** @default 200 */
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** An object goes as JSON; undefined never comes. */
  readonly body: string | object | undefined;
}

/** Parameters as they came: members of JSON, or the fields of a query. */
export type Script = (
  action: string,
  parameters: Readonly<Record<string, unknown>>,
) => ScriptedReply | undefined;

export interface ScriptedAws extends AsyncDisposable {
  /** Actions in the order in which they came, GetCallerIdentity left out. */
  readonly actions: readonly string[];
}

export const CALLER = "arn:aws:iam::123456789012:user/ci";

/** Points the SDK's environment of this process there; `vi.unstubAllEnvs` after each test takes it back. */
export async function scriptedAws(script: Script): Promise<ScriptedAws> {
  const actions: string[] = [];
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) {
      chunks.push(chunk);
    }
    const text = Buffer.concat(chunks).toString();
    const target = request.headers["x-amz-target"];
    const fields = Object.fromEntries(new URLSearchParams(text));
    const action = typeof target === "string" ? (target.split(".")[1] ?? "") : fields["Action"];
    const reply = script(action ?? "", target === undefined ? fields : JSON.parse(text));
    if (reply === undefined && action === "GetCallerIdentity") {
      response.end(callerIdentity());
      return;
    }
    if (action !== "GetCallerIdentity") {
      actions.push(action ?? "");
    }
    if (reply === undefined) {
      response.writeHead(404).end();
    } else if (reply.body !== undefined) {
      response.writeHead(reply.status ?? 200, reply.headers);
      response.end(typeof reply.body === "string" ? reply.body : JSON.stringify(reply.body));
    }
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  stubAwsEnvironment({
    AWS_ENDPOINT_URL: `http://127.0.0.1:${port}`,
    AWS_ACCESS_KEY_ID: "AKIDTEST",
    AWS_SECRET_ACCESS_KEY: "secret",
    AWS_REGION: "eu-west-1",
    AWS_MAX_ATTEMPTS: "1",
  });
  return {
    actions,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

const NAMES = [
  "AWS_PROFILE",
  "AWS_DEFAULT_REGION",
  "AWS_SESSION_TOKEN",
  "AWS_ROLE_ARN",
  "AWS_WEB_IDENTITY_TOKEN_FILE",
  "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
  "AWS_CONTAINER_CREDENTIALS_FULL_URI",
  "AWS_REGION",
  "AWS_ACCESS_KEY_ID",
  "AWS_SECRET_ACCESS_KEY",
  "AWS_MAX_ATTEMPTS",
  "AWS_ENDPOINT_URL",
];

/** Nothing of this machine's own settings is left. */
export function stubAwsEnvironment(environment: Readonly<Record<string, string>>): void {
  for (const name of NAMES) {
    vi.stubEnv(name, undefined);
  }
  const nothing = {
    AWS_CONFIG_FILE: "/dev/null",
    AWS_SHARED_CREDENTIALS_FILE: "/dev/null",
    AWS_EC2_METADATA_DISABLED: "true",
  };
  for (const [name, value] of Object.entries({ ...nothing, ...environment })) {
    vi.stubEnv(name, value);
  }
}

/** A session of the deployment `iris` on aws-lambda, with the environment as it is stubbed. */
export async function testSession(
  options: {
    readonly region?: string;
    readonly account?: string;
    readonly signal?: AbortSignal;
  } = {},
): Promise<AwsSession> {
  const { signal, ...place } = options;
  return await openSession({
    platform: "aws-lambda",
    ...place,
    context: { name: "iris", ambient: process.env, projectDirectory: import.meta.dirname, signal },
  });
}

export function callerIdentity(account = "123456789012"): string {
  return `<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult>
    <Arn>${CALLER}</Arn><UserId>AIDA</UserId><Account>${account}</Account>
  </GetCallerIdentityResult></GetCallerIdentityResponse>`;
}

/** An error as services of the query protocol write it. */
export function queryError(code: string, message: string, status = 400): ScriptedReply {
  const body = `<ErrorResponse><Error><Type>Sender</Type><Code>${code}</Code><Message>${message}</Message></Error><RequestId>r</RequestId></ErrorResponse>`;
  return { status, body };
}

/** An error as services of JSON write it. */
export function jsonError(code: string, message: string, status = 400): ScriptedReply {
  return {
    status,
    headers: { "content-type": "application/x-amz-json-1.1" },
    body: { __type: `com.amazonaws#${code}`, message },
  };
}
