/**
 * A registry that is reached through a proxy and whose certificate nobody knows, in a process of its own: the
 * environment of this one must not matter.
 */
import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { createServer as createProxy } from "node:http";
import { createServer as createTls } from "node:https";
import { type AddressInfo, connect } from "node:net";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { type TempDir, tempDir } from "../../support/temp-dir.ts";
import { skipWithout } from "../../support/tools.ts";

const run = promisify(execFile);

interface Network extends AsyncDisposable {
  /** `http://127.0.0.1:PORT` */
  readonly proxy: string;
  /** PEM file. */
  readonly certificate: string;
  /** `METHOD HOST` of what the proxy was asked. */
  readonly asked: string[];
}

/** `registry.test` behind a proxy. */
async function network(dir: TempDir): Promise<Network> {
  const [key, certificate] = [join(dir.path, "key.pem"), join(dir.path, "cert.pem")];
  const name = ["-subj", "/CN=registry.test", "-addext", "subjectAltName=DNS:registry.test"];
  const files = ["-days", "2", "-keyout", key, "-out", certificate];
  await run("openssl", ["req", "-x509", "-newkey", "rsa:2048", "-nodes", ...name, ...files]);
  const pair = { key: await readFile(key), cert: await readFile(certificate) };
  const registry = createTls(pair, (_request, response) => response.writeHead(404).end());
  const asked: string[] = [];
  const proxy = createProxy();
  proxy.on("connect", (request, socket) => {
    asked.push(`${request.method} ${request.url}`);
    const { port } = registry.address() as AddressInfo;
    const tunnel = connect(port, "127.0.0.1", () => {
      socket.write("HTTP/1.1 200 OK\r\n\r\n");
      tunnel.pipe(socket).pipe(tunnel);
    });
    tunnel.on("error", () => socket.destroy());
    socket.on("error", () => tunnel.destroy());
  });
  for (const server of [registry, proxy]) {
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  }
  return {
    proxy: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`,
    certificate,
    asked,
    async [Symbol.asyncDispose]() {
      for (const server of [registry, proxy]) {
        server.closeAllConnections();
        server.close();
      }
    },
  };
}

const SOURCE = `
  import { createRegistryClient } from "./oci/registry/client.ts";
  const ref = { registry: "registry.test", repository: "a/x" };
  const client = createRegistryClient(ref, { proxies: process.env, retryDelayMs: 0 });
  const blob = { digest: "sha256:${"0".repeat(64)}", size: 1 };
  const said = await client.blobs.has(blob).catch(({ message, hint }) => ({ message, hint }));
  console.log(JSON.stringify(said));
  process.exit(0);
`;

async function ask(environment: Readonly<Record<string, string>>): Promise<unknown> {
  const flags = ["--conditions=bentokit-source", "--input-type=module-typescript", "-e", SOURCE];
  const { stdout } = await run(process.execPath, flags, {
    cwd: join(import.meta.dirname, "../../.."),
    env: { PATH: process.env["PATH"], ...environment },
  });
  return JSON.parse(stdout);
}

describe.skipIf(skipWithout("openssl"))("a registry behind a proxy", () => {
  it("is reached through it, its certificate trusted by file", async () => {
    await using dir = await tempDir();
    await using on = await network(dir);
    const environment = { HTTPS_PROXY: on.proxy, NODE_EXTRA_CA_CERTS: on.certificate };
    expect(await ask(environment)).toBe(false);
    expect(on.asked).toEqual(["CONNECT registry.test:443"]);
  });

  it("says how its certificate is trusted", async () => {
    await using dir = await tempDir();
    await using on = await network(dir);
    expect(await ask({ HTTPS_PROXY: on.proxy })).toEqual({
      message: expect.stringMatching(/^no answer from registry\.test: self-signed certificate/),
      hint: "have its certificate trusted: NODE_EXTRA_CA_CERTS=FILE bento …",
    });
  });

  it("is not looked for behind it when NO_PROXY has it", async () => {
    await using dir = await tempDir();
    await using on = await network(dir);
    const said = await ask({ HTTPS_PROXY: on.proxy, NO_PROXY: "registry.test" });
    expect(said).toMatchObject({
      message: expect.stringMatching(/^no answer from registry\.test/),
    });
    expect(on.asked).toEqual([]);
  });
});
