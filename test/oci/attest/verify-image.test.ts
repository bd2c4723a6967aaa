import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { Digest } from "../../../core/digest.ts";
import { attach } from "../../../oci/attest/attachment.ts";
import {
  attachDocuments,
  bundleAttachment,
  readSboms,
} from "../../../oci/attest/image-documents.ts";
import { signImage } from "../../../oci/attest/sign-image.ts";
import { generateKeys, keyHint, parsePrivateKey } from "../../../oci/attest/signing-key.ts";
import { signStatement } from "../../../oci/attest/sigstore-bundle.ts";
import { PREDICATES, statementOf } from "../../../oci/attest/statement.ts";
import {
  assertVerified,
  type ImageClaim,
  type VerifyImageOptions,
  verifyImage,
} from "../../../oci/attest/verify-image.ts";
import { blobPath } from "../../../oci/layout.ts";
import { caught } from "../../support/caught.ts";
import { tempDir } from "../../support/temp-dir.ts";
import { document, type SampleImage, sampleImage, sampleProvenance } from "./sample-image.ts";

const newSigner = () => parsePrivateKey(generateKeys().privateKey, { where: "bento.key" });
const signer = newSigner();
const { publicKey } = signer;

/** Checks that failed, with what is wrong. */
async function failures(options: VerifyImageOptions): Promise<Record<string, string>> {
  const claims = await verifyImage({ publicKey, ...options });
  const failed = claims.filter(({ outcome }) => outcome === "failed");
  return Object.fromEntries(failed.map(({ check, detail }) => [check, detail]));
}

const sign = ({ store, image }: SampleImage, by = signer) =>
  signImage({ store, image: image.descriptor, signer: by });

describe("verifyImage", () => {
  it("passes an image with its documents, signed", async () => {
    await using dir = await tempDir();
    const image = await sampleImage(dir.path);
    await document(image);
    expect((await sign(image)).statements).toEqual({
      signature: "signed",
      provenance: "signed",
      sbom: "signed",
    });
    expect(await verifyImage({ ...image, publicKey })).toEqual([
      { check: "signature", outcome: "passed", detail: `signed by the key ${keyHint(publicKey)}` },
      {
        check: "provenance",
        outcome: "passed",
        detail: "built by urn:builder at 2026-01-02T03:04:05Z",
      },
      { check: "sbom", outcome: "passed", detail: "1 components" },
      { check: "layers", outcome: "passed", detail: "1 layers, bytes and diff_ids" },
    ]);
  });

  it("takes plain documents where no key is given, and says that nothing is signed", async () => {
    await using dir = await tempDir();
    const image = await sampleImage(dir.path);
    await document(image);
    const claims = await verifyImage(image);
    expect(claims.map(({ check, outcome }) => `${check} ${outcome}`)).toEqual([
      "signature skipped",
      "provenance passed",
      "sbom passed",
      "layers passed",
    ]);
  });

  it("fails what is only attached plain when a key is asked for", async () => {
    await using dir = await tempDir();
    const image = await sampleImage(dir.path);
    await document(image);
    const nothing = "none is attached and signed";
    expect(await failures(image)).toEqual({
      signature: nothing,
      provenance: nothing,
      sbom: nothing,
    });
  });

  it("fails another key's signature and names both", async () => {
    await using dir = await tempDir();
    const image = await sampleImage(dir.path);
    await document(image);
    const other = newSigner();
    await sign(image, other);
    const reason = `signed by the key ${keyHint(other.publicKey)}, not by ${keyHint(publicKey)}`;
    expect(await failures(image)).toEqual({
      signature: reason,
      provenance: reason,
      sbom: reason,
    });
    await sign(image); // both keys vouch for it then
    expect(await failures(image)).toEqual({});
  });

  it("fails a signature of another image that was attached to this one", async () => {
    await using dir = await tempDir();
    const image = await sampleImage(dir.path);
    await document(image);
    const other: Digest = `sha256:${"c".repeat(64)}`;
    const predicateType = PREDICATES.signature;
    const bytes = await signStatement(statementOf(other, predicateType, {}), signer);
    await attach(image.store, image.image.descriptor, [bundleAttachment(bytes, predicateType)]);
    expect((await failures(image))["signature"]).toBe(
      `what is signed is ${other}, not ${image.digest}`,
    );
  });

  it("fails a changed document under a good signature", async () => {
    await using dir = await tempDir();
    const image = await sampleImage(dir.path);
    const predicateType = PREDICATES.signature;
    const bytes = await signStatement(statementOf(image.digest, predicateType, {}), signer);
    const bundle = JSON.parse(bytes.toString("utf8"));
    bundle.dsseEnvelope.payload = Buffer.from("{}").toString("base64");
    const tampered = Buffer.from(JSON.stringify(bundle));
    await attach(image.store, image.image.descriptor, [bundleAttachment(tampered, predicateType)]);
    expect((await failures(image))["signature"]).toBe("the signature does not fit what is signed");
  });

  it("fails a provenance that is of another bento", async () => {
    await using dir = await tempDir();
    const image = await sampleImage(dir.path);
    const { buildDefinition } = sampleProvenance;
    await attachDocuments(image.store, image.image.descriptor, {
      sbom: Buffer.from("{}"),
      provenance: {
        ...sampleProvenance,
        buildDefinition: { ...buildDefinition, resolvedDependencies: [] },
      },
    });
    await sign(image);
    expect(await failures(image)).toEqual({
      provenance: `it does not name the bento sha256:${"b".repeat(64)} that is in the image`,
      sbom: "the document is no CycloneDX SBOM",
    });
  });

  it("fails an SBOM of another image", async () => {
    await using dir = await tempDir();
    const [one, two] = [await sampleImage(dir.path, "one"), await sampleImage(dir.path, "two")];
    await document(one);
    const [sbom = Buffer.alloc(0)] = await readSboms(one.store, one.digest);
    await attachDocuments(two.store, two.image.descriptor, { sbom, provenance: sampleProvenance });
    await sign(two);
    expect(await failures(two)).toEqual({ sbom: "it is about another image" });
  });

  it("fails a layer whose bytes were changed, and one that is gone", async () => {
    await using dir = await tempDir();
    const image = await sampleImage(dir.path);
    await document(image);
    await sign(image);
    const layer = image.image.manifest.layers[0]?.digest ?? image.digest;
    const path = join(dir.path, blobPath(layer));
    const bytes = await readFile(path);
    bytes.writeUInt8(bytes.readUInt8(20) ^ 1, 20);
    await writeFile(path, bytes);
    const [claim, ...more] = Object.entries(await failures(image));
    expect(claim).toEqual(["layers", expect.stringMatching(`^layer ${layer}: `)]);
    expect(more).toEqual([]);
  });

  it("fails a layer that holds another archive than the config says", async () => {
    await using dir = await tempDir();
    const image = await sampleImage(dir.path);
    await document(image);
    await sign(image);
    const config = structuredClone(image.image.config);
    config.rootfs.diff_ids = [`sha256:${"d".repeat(64)}`];
    const [diffId] = image.image.config.rootfs.diff_ids;
    expect(await failures({ ...image, image: { ...image.image, config } })).toEqual({
      layers: `layer ${image.image.manifest.layers[0]?.digest}: expected diff_id sha256:${"d".repeat(64)}, got ${diffId}`,
    });
    config.rootfs.diff_ids = [];
    expect(await failures({ ...image, image: { ...image.image, config } })).toEqual({
      layers: "0 diff_ids for 1 layers",
    });
  });

  it("passes over attachments that are damaged", async () => {
    await using dir = await tempDir();
    const image = await sampleImage(dir.path);
    await document(image);
    await sign(image);
    for (const entry of await image.layout.attachments()) {
      await writeFile(join(dir.path, blobPath(entry.digest)), "damaged");
    }
    expect(Object.keys(await failures(image))).toEqual(["signature", "provenance", "sbom"]);
  });
});

describe("signImage", () => {
  it("signs nothing twice, and says what is not there", async () => {
    await using dir = await tempDir();
    const image = await sampleImage(dir.path);
    expect((await sign(image)).statements).toEqual({
      signature: "signed",
      provenance: "absent",
      sbom: "absent",
    });
    await document(image);
    expect((await sign(image)).statements).toEqual({
      signature: "exists",
      provenance: "signed",
      sbom: "signed",
    });
    const before = await image.layout.attachments();
    expect((await sign(image)).statements).toEqual({
      signature: "exists",
      provenance: "exists",
      sbom: "exists",
    });
    expect(await image.layout.attachments()).toEqual(before);
  });
});

describe("attachDocuments", () => {
  it("leaves the images of a layout and their digests as they are", async () => {
    await using dir = await tempDir();
    const image = await sampleImage(dir.path);
    const before = await image.layout.images();
    await document(image);
    expect(await image.layout.images()).toEqual(before);
    await image.layout.setImage(image.image.descriptor); // the one without a name
    expect((await image.store.list(image.digest)).length).toBe(2);
  });

  it("keeps the first provenance of the same build, and adds that of another", async () => {
    await using dir = await tempDir();
    const image = await sampleImage(dir.path);
    const attachOne = (id: string, finishedOn: string) =>
      attachDocuments(image.store, image.image.descriptor, {
        sbom: Buffer.from("{}"),
        provenance: {
          ...sampleProvenance,
          runDetails: { builder: { id }, metadata: { finishedOn } },
        },
      });
    await attachOne("urn:a", "2026-01-01T00:00:00Z");
    await attachOne("urn:a", "2026-01-02T00:00:00Z");
    expect((await image.store.list(image.digest)).length).toBe(2);
    await attachOne("urn:b", "2026-01-01T00:00:00Z");
    expect((await image.store.list(image.digest)).length).toBe(3);
  });

  it("loses nothing when many attach at once", async () => {
    await using dir = await tempDir();
    const image = await sampleImage(dir.path);
    const attached = await Promise.all(
      Array.from({ length: 20 }, (_, index) =>
        attach(image.store, image.image.descriptor, [
          { artifactType: "text/plain", content: Buffer.from(String(index)) },
        ]),
      ),
    );
    const listed = await image.store.list(image.digest);
    expect(listed.map(({ digest }) => digest)).toEqual(
      attached
        .flat()
        .map((one) => one.digest)
        .sort(),
    );
  });
});

describe("assertVerified", () => {
  const claim = (check: ImageClaim["check"], outcome: ImageClaim["outcome"]): ImageClaim => ({
    check,
    outcome,
    detail: "why",
  });

  it("names each check that failed, and no other", () => {
    const claims = [
      claim("signature", "failed"),
      claim("sbom", "skipped"),
      claim("layers", "passed"),
      claim("provenance", "failed"),
    ];
    expect(caught(() => assertVerified(claims, "oci:image"))).toEqual({
      code: "BENTO_REFUSED",
      message: "signature: why\nprovenance: why",
      where: "oci:image",
      hint: "sign it with the key that is expected: bento image sign IMAGE --key bento.key",
    });
    expect(caught(() => assertVerified(claims.slice(1, 3), "oci:image"))).toBeUndefined();
    expect(caught(() => assertVerified([claim("layers", "failed")], "x"))?.hint).toBe(
      "the image is not the one that was made: fetch it again, or make it again",
    );
  });
});
