import { createPublicKey } from "node:crypto";
import { describe, expect, it } from "vitest";
import { parsePrivateKey, signLayoutImage, verifyLayoutImage } from "../../deploy/index.ts";
import { generateKeys } from "../../oci/attest/signing-key.ts";
import { document, sampleImage } from "../oci/attest/sample-image.ts";
import { failureOf } from "../support/failure.ts";
import { tempDir } from "../support/temp-dir.ts";

const keys = generateKeys();

describe("signLayoutImage", () => {
  it("signs through a function, the key staying where it is", async () => {
    await using dir = await tempDir();
    await document(await sampleImage(dir.path));
    const asked: Uint8Array[] = [];
    const signer = {
      publicKey: createPublicKey(keys.publicKey),
      sign: async (bytes: Uint8Array) => {
        asked.push(bytes);
        return parsePrivateKey(keys.privateKey, { where: "far away" }).sign(bytes);
      },
    };
    const { statements } = await signLayoutImage({ directory: dir.path }, signer);
    expect(statements).toEqual({ signature: "signed", provenance: "signed", sbom: "signed" });
    expect(asked.map((bytes) => Buffer.from(bytes).toString("utf8", 0, 39))).toEqual(
      Array(3).fill("DSSEv1 28 application/vnd.in-toto+json "),
    );
    const claims = await verifyLayoutImage({ directory: dir.path }, signer.publicKey);
    expect(claims.map(({ outcome }) => outcome)).toEqual(Array(4).fill("passed"));
  });

  it("leaves nothing attached when the function fails", async () => {
    await using dir = await tempDir();
    const { layout } = await sampleImage(dir.path);
    const publicKey = createPublicKey(keys.publicKey);
    const other = parsePrivateKey(generateKeys().privateKey, { where: "other" });
    const failure = await failureOf(() =>
      signLayoutImage({ directory: dir.path }, { publicKey, sign: other.sign }),
    );
    expect(failure.code).toBe("BENTO_REFUSED");
    expect(await layout.attachments()).toEqual([]);
  });
});

describe("verifyLayoutImage", () => {
  it("names an image where there are several", async () => {
    await using dir = await tempDir();
    await sampleImage(dir.path, "one");
    await sampleImage(dir.path, "two");
    expect((await failureOf(() => verifyLayoutImage({ directory: dir.path }))).code).toBe(
      "BENTO_NOT_FOUND",
    );
    const [claim] = await verifyLayoutImage({ directory: dir.path, name: "two" });
    expect(claim).toEqual({ check: "signature", outcome: "skipped", detail: "no key is given" });
  });
});
