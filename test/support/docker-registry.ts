/**
 * Debian's docker-registry on a loopback port, with the accounts that a test asks for.
 *
 * @module
 */
import { execFile, spawn } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { promisify } from "node:util";
import { tempDir } from "./temp-dir.ts";
import { tokenServer } from "./token-server.ts";

/** The one account that such a registry knows, unless anyone may do anything. */
export const ACCOUNT = { kind: "password", username: "robot", password: "s3cret" } as const;

export interface DockerRegistry extends AsyncDisposable {
  /** `127.0.0.1:PORT` */
  readonly host: string;
  /** Folder that it keeps everything in. */
  readonly directory: string;
}

/** `none`: anyone may do anything. `basic`: the account. `token`: the account; others may read. */
export type DockerRegistryAuth = "none" | "basic" | "token";

/** Starts a registry; `await using` stops it and removes what it kept. */
export async function dockerRegistry(auth: DockerRegistryAuth = "none"): Promise<DockerRegistry> {
  const stack = new AsyncDisposableStack();
  const dir = stack.use(await tempDir());
  const lines: string[] = [];
  if (auth === "basic") {
    const file = join(dir.path, "htpasswd");
    await writeFile(file, HTPASSWD);
    lines.push("auth:", "  htpasswd:", "    realm: test", `    path: ${file}`);
  }
  if (auth === "token") {
    const { key, certificate, file } = await selfSigned(dir.path);
    const tokens = stack.use(await tokenServer({ key, certificate, account: ACCOUNT }));
    const { realm, service, issuer } = tokens;
    lines.push("auth:", "  token:", `    realm: ${realm}`, `    service: ${service}`);
    lines.push(`    issuer: ${issuer}`, `    rootcertbundle: ${file}`);
  }
  const config = join(dir.path, "config.yml");
  await writeFile(config, [...configOf(dir.path), ...lines, ""].join("\n"));
  const running = await start(config);
  stack.defer(() => running.stop());
  return {
    host: running.host,
    directory: join(dir.path, "data"),
    [Symbol.asyncDispose]: () => stack[Symbol.asyncDispose](),
  };
}

/** ACCOUNT, by bcrypt. */
const HTPASSWD = "robot:$2y$05$T5CcQuwmDBMItYZKadkUC.7uJvRSfWhgRs2n8sQE9YKwjaaxftYKK\n";

function configOf(directory: string): string[] {
  return [
    "version: 0.1",
    "log:",
    "  level: info",
    "  accesslog:",
    "    disabled: true",
    "storage:",
    "  filesystem:",
    `    rootdirectory: ${join(directory, "data")}`,
    "  delete:",
    "    enabled: true",
    "http:",
    "  addr: 127.0.0.1:0",
  ];
}

async function start(config: string) {
  const child = spawn("docker-registry", ["serve", config], {
    stdio: ["ignore", "ignore", "pipe"],
  });
  const ended = new Promise<void>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", () => resolve());
  });
  const said: string[] = [];
  const listening = new Promise<string>((resolve) => {
    createInterface(child.stderr).on("line", (line) => {
      said.push(line);
      const [, host] = /listening on (127\.0\.0\.1:\d+)/.exec(line) ?? [];
      if (host !== undefined) {
        resolve(host);
      }
    });
  });
  const failed = ended.then(() => {
    throw new Error(`docker-registry ended: ${said.join("\n")}`);
  });
  failed.catch(() => {});
  const host = await Promise.race([listening, failed]);
  return {
    host,
    async stop() {
      child.kill("SIGKILL");
      await ended;
    },
  };
}

async function selfSigned(directory: string) {
  const [keyFile, file] = [join(directory, "token.key"), join(directory, "token.crt")];
  const subject = ["-subj", "/CN=tokens", "-days", "2", "-keyout", keyFile, "-out", file];
  await promisify(execFile)("openssl", [
    "req",
    "-x509",
    "-newkey",
    "rsa:2048",
    "-nodes",
    ...subject,
  ]);
  const [key, certificate] = await Promise.all(
    [keyFile, file].map((path) => readFile(path, "utf8")),
  );
  return { key: key ?? "", certificate: certificate ?? "", file };
}
