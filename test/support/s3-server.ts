/**
 * An S3 server on a loopback port: moto's, the one that most clients are tested with.
 *
 * @module
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { createServer } from "node:net";
import { setTimeout as wait } from "node:timers/promises";

/** Credentials that the server takes, as environment variables. */
export const S3_CREDENTIALS = {
  AWS_ACCESS_KEY_ID: "tester",
  AWS_SECRET_ACCESS_KEY: "secret",
  AWS_REGION: "us-east-1",
} as const;

export interface S3Server extends AsyncDisposable {
  /** `http://127.0.0.1:PORT` */
  readonly endpoint: string;
  /** Makes a bucket; its URL as a store, without a prefix. */
  bucket(name: string): Promise<string>;
}

/** Starts a server, with nothing in it; `await using` stops it. */
export async function startS3Server(): Promise<S3Server> {
  const port = await freePort();
  const child = spawn("moto_server", ["-H", "127.0.0.1", "-p", String(port)], { stdio: "ignore" });
  const endpoint = `http://127.0.0.1:${port}`;
  await Promise.race([isUp(endpoint), failed(child)]);
  return {
    endpoint,
    async bucket(name) {
      const response = await fetch(`${endpoint}/${name}`, { method: "PUT" });
      if (!response.ok) {
        throw new Error(`no bucket ${name}: ${await response.text()}`);
      }
      return `s3://${name}?endpoint=${endpoint}`;
    },
    async [Symbol.asyncDispose]() {
      child.kill("SIGKILL");
      await once(child, "exit");
    },
  };
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
    if (
      await fetch(endpoint).then(
        () => true,
        () => false,
      )
    ) {
      return;
    }
    await wait(100);
  }
  throw new Error(`no S3 server at ${endpoint} after 30 s`);
}

async function failed(child: ChildProcess): Promise<never> {
  const [cause] = await Promise.race([once(child, "exit"), once(child, "error")]);
  throw new Error("moto_server ended: pip install 'moto[server]'", { cause });
}
