/**
 * S3 servers on a loopback port, of two makers: what holds with both is the protocol and not one server's habit.
 *
 * @module
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { setTimeout as wait } from "node:timers/promises";
import { CreateBucketCommand, S3Client } from "@aws-sdk/client-s3";
import { tempDir } from "./temp-dir.ts";
import { missingTools } from "./tools.ts";

/** Credentials that the servers take, as environment variables. */
export const S3_CREDENTIALS = {
  AWS_ACCESS_KEY_ID: "tester",
  AWS_SECRET_ACCESS_KEY: "secret-of-the-tester",
  AWS_REGION: "us-east-1",
} as const;

/** The program of each server, as it is looked for on the search path. */
export type S3ServerName = "moto_server" | "versitygw";

/** The one that is here: versitygw is written in Go, which not every machine has. */
export const ANY_S3_SERVER: S3ServerName =
  missingTools("versitygw").length === 0 ? "versitygw" : "moto_server";

export interface S3Server extends AsyncDisposable {
  /** `http://127.0.0.1:PORT` */
  readonly endpoint: string;
  /** Makes a bucket. @returns its URL as a store with a prefix of its own */
  store(bucket: string, prefix: string): Promise<string>;
}

/** Starts a server, with nothing in it; `await using` stops it. */
export async function startS3Server(name: S3ServerName): Promise<S3Server> {
  const port = await freePort();
  const folder = await tempDir();
  const child = spawn(name, argumentsOf(name, port, folder.path), {
    stdio: "ignore",
    cwd: folder.path,
  });
  const endpoint = `http://127.0.0.1:${port}`;
  await Promise.race([isUp(endpoint), failed(name, child)]);
  const client = clientOf(endpoint);
  return {
    endpoint,
    async store(bucket, prefix) {
      await client.send(new CreateBucketCommand({ Bucket: bucket })).catch(ignoreOwned);
      return `s3://${bucket}/${prefix}?endpoint=${endpoint}`;
    },
    async [Symbol.asyncDispose]() {
      client.destroy();
      child.kill("SIGKILL");
      await once(child, "exit");
      await folder[Symbol.asyncDispose]();
    },
  };
}

function argumentsOf(name: S3ServerName, port: number, folder: string): string[] {
  const { AWS_ACCESS_KEY_ID: access, AWS_SECRET_ACCESS_KEY: secret } = S3_CREDENTIALS;
  return name === "moto_server"
    ? ["-H", "127.0.0.1", "-p", String(port)]
    : ["--access", access, "--secret", secret, "--port", `127.0.0.1:${port}`, "posix", folder];
}

/** A client without our code, for what tests look at behind it. */
export function clientOf(endpoint: string): S3Client {
  return new S3Client({
    endpoint,
    forcePathStyle: true,
    region: S3_CREDENTIALS.AWS_REGION,
    credentials: {
      accessKeyId: S3_CREDENTIALS.AWS_ACCESS_KEY_ID,
      secretAccessKey: S3_CREDENTIALS.AWS_SECRET_ACCESS_KEY,
    },
  });
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}

async function isUp(endpoint: string): Promise<void> {
  for (let tries = 0; tries < 300; tries += 1) {
    const isAnswering = await fetch(endpoint).then(
      () => true,
      () => false,
    );
    if (isAnswering) {
      return;
    }
    await wait(100);
  }
  throw new Error(`no S3 server at ${endpoint} after 30 s`);
}

async function failed(name: S3ServerName, child: ChildProcess): Promise<never> {
  const [cause] = await Promise.race([once(child, "exit"), once(child, "error")]);
  const advice =
    name === "moto_server"
      ? "pip install 'moto[server]'"
      : "go install github.com/versity/versitygw/cmd/versitygw@v1.8.0";
  throw new Error(`${name} ended; install it: ${advice}`, { cause });
}

function ignoreOwned(error: unknown): void {
  if (!(error instanceof Error) || !/BucketAlready/.test(error.name)) {
    throw error;
  }
}
