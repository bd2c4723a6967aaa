/**
 * Attachments at Debian's docker-registry, which has no list of referrers of its own, and as skopeo sees them.
 */
import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { parseImageRef } from "../../../core/image-ref.ts";
import { attach, copyAttachments } from "../../../oci/attest/attachment.ts";
import { layoutAttachments } from "../../../oci/attest/layout-attachments.ts";
import {
  fallbackTag,
  registryAttachments,
  registryPort,
} from "../../../oci/attest/registry-attachments.ts";
import { signImage } from "../../../oci/attest/sign-image.ts";
import { generateKeys, parsePrivateKey } from "../../../oci/attest/signing-key.ts";
import { verifyImage } from "../../../oci/attest/verify-image.ts";
import { createLayout } from "../../../oci/layout.ts";
import { createRegistryClient } from "../../../oci/registry/client.ts";
import { pushImage } from "../../../oci/registry/push-image.ts";
import { ACCOUNT, dockerRegistry } from "../../support/docker-registry.ts";
import { tempDir } from "../../support/temp-dir.ts";
import { skipWithout } from "../../support/tools.ts";
import { document, sampleImage } from "./sample-image.ts";

const signer = parsePrivateKey(generateKeys().privateKey, { where: "bento.key" });

/** Pushes a sample image. @returns it, and its repository's attachments */
async function pushed(directory: string, host: string, isOpen = true) {
  const sample = await sampleImage(directory);
  const reference = parseImageRef(`${host}/team/iris:v1`);
  const credentials = isOpen ? undefined : async () => ACCOUNT;
  await pushImage({
    source: sample.layout,
    image: sample.image.descriptor,
    reference,
    credentials,
  });
  const client = createRegistryClient(reference, { credentials, access: "push" });
  return { sample, client, store: registryAttachments(registryPort(client)) };
}

describe.skipIf(skipWithout("docker-registry", "skopeo", "openssl"))("docker-registry", () => {
  it.each(["none", "basic", "token"] as const)(
    "takes attachments from a layout and gives them back, accounts: %s",
    async (auth) => {
      await using dir = await tempDir();
      await using registry = await dockerRegistry(auth);
      const { sample, store, client } = await pushed(dir.path, registry.host, auth === "none");
      await document(sample);
      await signImage({ store: sample.store, image: sample.image.descriptor, signer });
      expect(await copyAttachments(sample.store, store, sample.digest)).toBe(5);
      expect(await store.list(sample.digest)).toEqual(await sample.store.list(sample.digest));
      const claims = await verifyImage({
        ...sample,
        store,
        readBlob: (blob) => client.blobs.get(blob),
        publicKey: signer.publicKey,
      });
      expect(claims.map(({ outcome }) => outcome)).toEqual(Array(4).fill("passed"));
      const back = layoutAttachments(await createLayout(join(dir.path, "back")));
      expect(await copyAttachments(store, back, sample.digest)).toBe(5);
      expect(await back.list(sample.digest)).toEqual(await sample.store.list(sample.digest));
    },
  );

  it("signs an image where it is, and has one more tag for it", async () => {
    await using dir = await tempDir();
    await using registry = await dockerRegistry();
    const { sample, store, client } = await pushed(dir.path, registry.host);
    await signImage({ store, image: sample.image.descriptor, signer });
    const tags = (await client.tags()) ?? [];
    const fallback = fallbackTag(sample.digest);
    expect(tags.sort()).toEqual([
      fallback,
      expect.stringMatching(new RegExp(`^${fallback}\\.[0-9a-f]{16}$`)),
      "v1",
    ]);
    const { stdout } = await promisify(execFile)("skopeo", [
      "inspect",
      "--raw",
      "--tls-verify=false",
      `docker://${registry.host}/team/iris:${fallback}`,
    ]);
    expect(JSON.parse(stdout).manifests).toEqual(await store.list(sample.digest));
  });

  it("loses nothing when several attach at once", { timeout: 30_000 }, async () => {
    await using dir = await tempDir();
    await using registry = await dockerRegistry();
    const { sample, store } = await pushed(dir.path, registry.host);
    const attached = await Promise.all(
      ["a", "b", "c", "d"].map((text) =>
        attach(store, sample.image.descriptor, [
          { artifactType: "text/plain", content: Buffer.from(text) },
        ]),
      ),
    );
    expect((await store.list(sample.digest)).map(({ digest }) => digest)).toEqual(
      attached
        .flat()
        .map(({ digest }) => digest)
        .sort(),
    );
  });
});
