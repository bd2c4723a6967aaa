/**
 * The client at Debian's docker-registry, read back by skopeo.
 */
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { parseImageRef } from "../../../core/image-ref.ts";
import { createLayout } from "../../../oci/layout.ts";
import { createRegistryClient } from "../../../oci/registry/client.ts";
import type { CredentialSource } from "../../../oci/registry/credentials.ts";
import { pullImage } from "../../../oci/registry/pull-image.ts";
import { ACCOUNT, dockerRegistry } from "../../support/docker-registry.ts";
import { failureOf } from "../../support/failure.ts";
import { sampleImage } from "../../support/image-layout.ts";
import { pushSample } from "../../support/registry-faults.ts";
import { tempDir } from "../../support/temp-dir.ts";
import { skipWithout } from "../../support/tools.ts";

const owner: CredentialSource = async () => ACCOUNT;

async function skopeoDigest(reference: string, ...flags: readonly string[]): Promise<unknown> {
  const { stdout } = await promisify(execFile)("skopeo", [
    "inspect",
    "--tls-verify=false",
    ...flags,
    `docker://${reference}`,
  ]);
  return JSON.parse(stdout).Digest;
}

describe.skipIf(skipWithout("docker-registry", "skopeo", "openssl"))("docker-registry", () => {
  it.each(["none", "basic", "token"] as const)(
    "takes an image, mounts it and gives it back, accounts: %s",
    async (auth) => {
      await using dir = await tempDir();
      await using registry = await dockerRegistry(auth);
      const sample = await sampleImage(join(dir.path, "image"));
      const credentials = auth === "none" ? undefined : owner;
      const first = await pushSample(registry, sample, { credentials, to: "a/x:v1" });
      const again = await pushSample(registry, sample, { credentials, to: "a/x:v1" });
      const mounted = await pushSample(registry, sample, {
        credentials,
        to: "b/x:v1",
        mountFrom: () => ["a/x"],
      });
      expect([first.blobs, again.blobs, mounted.blobs]).toEqual([
        { exists: 0, mounted: 0, uploaded: 4 },
        { exists: 4, mounted: 0, uploaded: 0 },
        { exists: 0, mounted: 3, uploaded: 1 },
      ]);
      const flags = auth === "basic" ? ["--creds=robot:s3cret"] : ["--no-creds"];
      expect(await skopeoDigest(`${registry.host}/b/x:v1`, ...flags)).toBe(sample.image.digest);
      const pulled = await pullImage({
        reference: parseImageRef(first.reference),
        platform: "linux/amd64",
        layout: await createLayout(join(dir.path, "pulled")),
        name: "x",
        // a token registry lets anyone read
        credentials: auth === "basic" ? owner : undefined,
      });
      expect(pulled.digest).toBe(sample.image.digest);
    },
  );

  it.each([
    ["basic", undefined, /wants an account to read a\/x$/],
    ["basic", "wrong", /^REGISTRY does not let "robot" read a\/x$/],
    ["token", undefined, /wants an account to write to a\/x/],
    ["token", "wrong", /^REGISTRY refuses the account "robot": wrong name or password$/],
  ] as const)("refuses others, accounts: %s, password: %s", async (auth, password, message) => {
    await using dir = await tempDir();
    await using registry = await dockerRegistry(auth);
    const sample = await sampleImage(dir.path);
    const credentials: CredentialSource | undefined =
      password === undefined ? undefined : async () => ({ ...ACCOUNT, password });
    const failure = await failureOf(() =>
      pushSample(registry, sample, { credentials, to: "a/x:v1" }),
    );
    expect({ ...failure, message: failure.message.replaceAll(registry.host, "REGISTRY") }).toEqual({
      code: "BENTO_UNREACHABLE",
      message: expect.stringMatching(message),
      where: expect.stringContaining(registry.host),
      hint: expect.stringMatching(/^log in: docker login 127/),
    });
    expect(await readdir(registry.directory).catch(() => [])).toEqual([]);
  });

  it("takes bytes whose digest is known at their end", async () => {
    await using registry = await dockerRegistry();
    const ref = { registry: registry.host, repository: "a/x" };
    const { blobs } = createRegistryClient(ref, { access: "push" });
    async function* bytes() {
      for (let count = 0; count < 40; count += 1) {
        yield Buffer.alloc(64 * 1024, count);
      }
    }
    const kept = await blobs.putStream(bytes());
    expect(kept.size).toBe(40 * 64 * 1024);
    expect(await blobs.has(kept)).toBe(true);
    const read = await Array.fromAsync(blobs.get(kept));
    expect(Buffer.concat(read).length).toBe(kept.size);
  });

  it("ends complete when a push that was killed is repeated, 20 times at any point", async () => {
    await using dir = await tempDir();
    await using registry = await dockerRegistry();
    const layers = Object.fromEntries(
      Array.from({ length: 6 }, (_, index) => [`layer ${index}`, Buffer.alloc(2_000_000, index)]),
    );
    const sample = await sampleImage(dir.path, { layers });
    const { manifests } = createRegistryClient({ registry: registry.host, repository: "kill/0" });
    for (let round = 0; round < 20; round += 1) {
      const to = `kill/${round}:v1`;
      await killedPush(dir.path, `${registry.host}/${to}`, round * 12);
      const { reference } = await pushSample(registry, sample, { to });
      const layout = await createLayout(join(dir.path, `pulled-${round % 2}`));
      const pulled = await pullImage({
        reference: parseImageRef(reference),
        platform: "linux/amd64",
        layout,
        name: "x",
      });
      expect(pulled.digest).toBe(sample.image.digest);
    }
    expect((await manifests.head("v1"))?.digest).toBe(sample.image.digest);
  }, 120_000);
});

/** Pushes in a process of its own and kills it some time after its first request is about to go out. */
async function killedPush(layout: string, reference: string, afterMs: number): Promise<void> {
  const source = `
    import { createLayout } from "./oci/layout.ts";
    import { pushImage } from "./oci/registry/push-image.ts";
    import { parseImageRef } from "./core/image-ref.ts";
    const source = await createLayout(process.argv[1]);
    const [image] = await source.images();
    process.stdout.write("begin");
    await pushImage({ source, image, reference: parseImageRef(process.argv[2]) });
  `;
  const child = spawn(
    process.execPath,
    [
      "--conditions=bentokit-source",
      "--input-type=module-typescript",
      "-e",
      source,
      layout,
      reference,
    ],
    { cwd: join(import.meta.dirname, "../../.."), stdio: ["ignore", "pipe", "inherit"] },
  );
  const closed = once(child, "close");
  await once(child.stdout, "data");
  const timer = setTimeout(() => child.kill("SIGKILL"), afterMs);
  await closed;
  clearTimeout(timer);
}
