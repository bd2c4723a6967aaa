import { createServer } from "node:http";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readSecrets } from "../../../handler/secrets/read-secrets.ts";
import { failureOf } from "../../support/failure.ts";
import { runtimeApiServer } from "../../support/runtime-api-server.ts";
import { type S3Server, startS3Server } from "../../support/s3-server.ts";
import { startService } from "../../support/start-service.ts";
import { tempDir } from "../../support/temp-dir.ts";
import { skipWithout } from "../../support/tools.ts";

const ACCOUNT = "123456789012";
const CALLER = { AWS_ACCESS_KEY_ID: "key", AWS_SECRET_ACCESS_KEY: "secret" };
const ABSENT = `arn:aws:secretsmanager:eu-west-1:${ACCOUNT}:secret:absent-AbCdEf`;

const SERVICE = `
import { service } from "bentokit";
import * as z from "zod";
let key = "";
export default service({
  name: "keyed",
  env: ["API_KEY"],
  onStart() { key = process.env["API_KEY"] ?? ""; },
  apis: ({ api }) => ({ tell: api({ input: {}, output: z.string(), run: () => key }) }),
});`;

/** The real stores of moto, filled over their own protocol. */
describe.skipIf(skipWithout("moto_server"))("readSecrets", () => {
  let aws: S3Server;
  let secret = "";
  let parameter = "";

  async function call(service: string, target: string, body: object): Promise<unknown> {
    const scope = `Credential=key/20261121/eu-west-1/${service}/aws4_request`;
    const answer = await fetch(aws.endpoint, {
      method: "POST",
      headers: {
        "x-amz-target": target,
        "content-type": "application/x-amz-json-1.1",
        authorization: `AWS4-HMAC-SHA256 ${scope}, SignedHeaders=host, Signature=0`,
      },
      body: JSON.stringify(body),
    });
    expect(answer.status).toBe(200);
    return await answer.json();
  }

  beforeAll(async () => {
    aws = await startS3Server("moto_server");
    const made = await call("secretsmanager", "secretsmanager.CreateSecret", {
      Name: "team/db",
      SecretString: JSON.stringify({ password: "hunter2", port: 5432 }),
    });
    secret = String(Object(made)["ARN"]);
    await call("ssm", "AmazonSSM.PutParameter", {
      Name: "/team/key",
      Value: "open sesame",
      Type: "SecureString",
    });
    parameter = `arn:aws:ssm:eu-west-1:${ACCOUNT}:parameter/team/key`;
  }, 60_000);

  afterAll(() => aws?.[Symbol.asyncDispose]());

  const read = (variables: Record<string, string>) =>
    readSecrets({
      ...CALLER,
      AWS_ENDPOINT_URL: aws.endpoint,
      BENTO_SECRETS: Object.keys(variables).join(","),
      ...variables,
    });

  it("reads nothing where nothing is named", async () => {
    expect(await readSecrets({})).toEqual({});
  });

  it("reads secrets, their members, and parameters", async () => {
    expect(
      await read({
        WHOLE: secret,
        PASSWORD: `${secret}:password::`,
        PORT_OF_IT: `${secret}:port::`,
        KEY: parameter,
      }),
    ).toEqual({
      WHOLE: '{"password":"hunter2","port":5432}',
      PASSWORD: "hunter2",
      PORT_OF_IT: "5432",
      KEY: "open sesame",
    });
  });

  it("says in AWS's words what it refuses, with the action that is missing", async () => {
    expect(await failureOf(() => read({ GONE: ABSENT }))).toMatchObject({
      code: "BENTO_PLATFORM",
      message: expect.stringMatching(/^the secret of GONE: ResourceNotFoundException: /),
      where: ABSENT,
      hint: "let the role that it runs as do secretsmanager:GetSecretValue there",
    });
  });

  it("never shows a secret that has no such member", async () => {
    const error = await failureOf(() => read({ USER_NAME: `${secret}:user::` }));
    expect(error).toMatchObject({
      code: "BENTO_INVALID_INPUT",
      message: "the secret of USER_NAME has no member user",
    });
    expect(JSON.stringify(error)).not.toContain("hunter2");
  });

  it("refuses what is no reference without showing it", async () => {
    expect(await failureOf(() => read({ KEY: "hunter2" }))).toMatchObject({
      code: "BENTO_INVALID_INPUT",
      message: "KEY does not say where its secret is",
    });
  });

  it("refuses to ask without a caller", async () => {
    const environment = { BENTO_SECRETS: "KEY", KEY: parameter };
    expect(await failureOf(() => readSecrets(environment))).toMatchObject({
      code: "BENTO_INVALID_INPUT",
      hint: expect.stringContaining("AWS_ACCESS_KEY_ID"),
    });
  });

  it("asks for credentials where a snapshot has left only their address", async () => {
    await using server = await credentialsServer();
    expect(
      await readSecrets({
        AWS_ENDPOINT_URL: aws.endpoint,
        AWS_CONTAINER_CREDENTIALS_FULL_URI: server.url,
        AWS_CONTAINER_AUTHORIZATION_TOKEN: "the token",
        BENTO_SECRETS: "KEY",
        KEY: parameter,
      }),
    ).toEqual({ KEY: "open sesame" });
    expect(server.tokens).toEqual(["the token"]);
  });

  it("is done before the service starts, on Lambda too, and a failure is told to Lambda", async () => {
    await using dir = await tempDir();
    await using other = await tempDir();
    await using api = await runtimeApiServer();
    const environment = {
      ...CALLER,
      AWS_ENDPOINT_URL: aws.endpoint,
      AWS_LAMBDA_RUNTIME_API: api.host,
      BENTO_SECRETS: "API_KEY",
    };
    const digest = `sha256:${"0".repeat(64)}` as const;
    const runtime = { name: "keyed", version: "v1", digest, models: {} };
    const parts = { source: SERVICE, runtime };
    const started = await startService(dir.path, {
      ...parts,
      environment: { ...environment, API_KEY: parameter },
    });
    await Promise.race([api.whenIdle(1), started.exited]);
    expect(await api.invoke({})).toEqual({ kind: "answer", body: '"open sesame"' });
    expect(started.stderr()).not.toContain("sesame");
    started.process.kill("SIGTERM");
    expect(await started.exited).toBe(0);
    const failing = await startService(other.path, {
      ...parts,
      environment: { ...environment, API_KEY: ABSENT },
    });
    expect(await failing.exited).toBe(5);
    expect(api.initErrors).toMatchObject([{ errorType: "BENTO_PLATFORM" }]);
  });
});

interface CredentialsServer extends AsyncDisposable {
  readonly url: string;
  readonly tokens: unknown[];
}

async function credentialsServer(): Promise<CredentialsServer> {
  const tokens: unknown[] = [];
  const server = createServer((incoming, outgoing) => {
    tokens.push(incoming.headers.authorization);
    outgoing.end(JSON.stringify({ AccessKeyId: "key", SecretAccessKey: "s", Token: "t" }));
  });
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  return {
    url: `http://127.0.0.1:${port}/credentials`,
    tokens,
    async [Symbol.asyncDispose]() {
      server.close();
    },
  };
}
