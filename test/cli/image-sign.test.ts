/**
 * Who made an image, from the command line: keys, signatures, SBOM and provenance, and deploys that insist on them.
 */
import { readFile, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { digestOf } from "../../core/digest.ts";
import { inspectImage } from "../../oci/inspect-image.ts";
import { blobPath, openLayout } from "../../oci/layout.ts";
import { writeSampleBase } from "../packager/image/sample-bento.ts";
import { type TestCli, testCli } from "../support/cli.ts";
import { writeGreeter } from "../support/cli-projects.ts";

let cli: TestCli;

beforeAll(async () => {
  cli = await testCli();
  await writeSampleBase(join(cli.work, "base"));
  await writeGreeter(cli);
  await cli.must("build");
  await cli.must("image keygen");
  await cli.must("containerize greeter --base oci:base --output oci:image --sign bento.key");
  await cli.must("containerize greeter --base oci:base --output oci:plain --no-attest");
});

afterAll(() => cli[Symbol.asyncDispose]());

/** Keys differ from run to run. */
const keysAway = (text: string) => text.replaceAll(/[A-Za-z0-9+/]{43}=/g, "KEY");
const seen = async (line: string, surroundings = {}) =>
  keysAway(await cli.seen(line, surroundings));

describe("bento image keygen", () => {
  it("writes a private key that only its owner reads, and a public one", async () => {
    expect(await seen("image keygen --output team")).toMatchInlineSnapshot(`
      "exit 0
      | WORK/team.pub
      wrote WORK/team.key: keep it secret, it is needed to sign
      next: bento image sign IMAGE --key team.key
      "
    `);
    const mode = async (file: string) => (await stat(join(cli.work, file))).mode & 0o777;
    expect([await mode("team.key"), await mode("team.pub")]).toEqual([0o600, 0o644]);
  });

  it("replaces nothing", async () => {
    const before = await readFile(join(cli.work, "bento.key"));
    expect(await seen("image keygen")).toMatchInlineSnapshot(`
      "exit 4
      error: there is a key already
        at: WORK/bento.pub
        do: name another with --output, or move this one away; it may still be needed
      "
    `);
    expect(await readFile(join(cli.work, "bento.key"))).toEqual(before);
    await cli.write("half.key", "somebody's");
    expect((await cli.bento("image keygen --output half")).exitCode).toBe(4);
    await expect(stat(join(cli.work, "half.pub"))).rejects.toThrow("ENOENT");
  });

  it("encrypts the key with a passphrase, typed or from the environment", async () => {
    const typed = { answers: ["horse", "horse"] };
    expect((await cli.bento("image keygen --output typed --passphrase", typed)).exitCode).toBe(0);
    const environment = { BENTO_KEY_PASSPHRASE: "horse" };
    expect((await cli.bento("image keygen --output set", { environment })).exitCode).toBe(0);
    for (const name of ["typed", "set"]) {
      const line = `image sign oci:image --key ${name}.key`;
      expect((await cli.bento(line, { environment })).exitCode).toBe(0);
      expect((await cli.bento(line, { answers: ["horse"] })).exitCode).toBe(0);
      expect((await cli.bento(`image verify oci:image --key ${name}.pub`)).exitCode).toBe(0);
    }
    const wrong = { answers: ["cow"] };
    expect(await seen("image sign oci:image --key set.key", wrong)).toMatchInlineSnapshot(`
      "exit 2
      passphrase of set.key:
      error: the passphrase does not open the key
        at: WORK/set.key
        do: check BENTO_KEY_PASSPHRASE, or what was typed
      "
    `);
    expect(await seen("image sign oci:image --key set.key")).toMatchInlineSnapshot(`
      "exit 2
      error: the key is encrypted, and no passphrase is given
        at: WORK/set.key
        do: set BENTO_KEY_PASSPHRASE, or run it where the passphrase can be typed
      "
    `);
    const different = { answers: ["horse", "cow"] };
    expect(await seen("image keygen --output no --passphrase", different)).toMatchInlineSnapshot(`
      "exit 2
      passphrase:
      the same again:
      error: the two passphrases differ
        at: --passphrase
        do: run it again
      "
    `);
    expect(await seen("image keygen --output no --passphrase")).toMatchInlineSnapshot(`
      "exit 2
      error: no passphrase is given
        at: --passphrase
        do: type one, or set BENTO_KEY_PASSPHRASE
      "
    `);
  });
});

describe("bento image sign and verify", () => {
  it("passes what containerize made and signed", async () => {
    expect(await seen("image verify oci:image --key bento.pub")).toMatchInlineSnapshot(`
      "exit 0
      | CHECK       RESULT  DETAIL
      | signature   passed  signed by the key KEY
      | provenance  passed  built by urn:bentokit:cli at TIME
      | sbom        passed  7 components
      | layers      passed  4 layers, bytes and diff_ids
      image sha256:DIGEST
      "
    `);
  });

  it("prints one document under --json", async () => {
    const document = await cli.document("image verify oci:image --key bento.pub --json");
    expect(document).toEqual({
      digest: expect.stringMatching(/^sha256:/),
      verified: true,
      claims: ["signature", "provenance", "sbom", "layers"].map((check) => ({
        check,
        outcome: "passed",
        detail: expect.any(String),
      })),
    });
  });

  it("signs nothing twice", async () => {
    expect(await seen("image sign oci:image --key bento.key")).toMatchInlineSnapshot(`
      "exit 0
      | sha256:DIGEST
      = signature  was signed with this key before
      = provenance  was signed with this key before
      = sbom  was signed with this key before
      "
    `);
  });

  it("says which check refused, with exit code 7", async () => {
    await cli.must("image keygen --output stranger");
    expect(await seen("image verify oci:image --key stranger.pub")).toMatchInlineSnapshot(`
      "exit 7
      | CHECK       RESULT  DETAIL
      | signature   failed  signed by the key KEY, not by KEY
      | provenance  failed  signed by the key KEY, not by KEY
      | sbom        failed  signed by the key KEY, not by KEY
      | layers      passed  4 layers, bytes and diff_ids
      image sha256:DIGEST
      error: signature: signed by the key KEY, not by KEY
             provenance: signed by the key KEY, not by KEY
             sbom: signed by the key KEY, not by KEY
        at: oci:image
        do: sign it with the key that is expected: bento image sign IMAGE --key bento.key
      "
    `);
    expect(await seen("image verify oci:plain --key bento.pub")).toMatchInlineSnapshot(`
      "exit 7
      | CHECK       RESULT  DETAIL
      | signature   failed  none is attached and signed
      | provenance  failed  none is attached and signed
      | sbom        failed  none is attached and signed
      | layers      passed  4 layers, bytes and diff_ids
      image sha256:DIGEST
      error: signature: none is attached and signed
             provenance: none is attached and signed
             sbom: none is attached and signed
        at: oci:plain
        do: sign it with the key that is expected: bento image sign IMAGE --key bento.key
      "
    `);
    expect(await seen("image verify oci:plain")).toMatchInlineSnapshot(`
      "exit 7
      | CHECK       RESULT   DETAIL
      | signature   skipped  no key is given
      | provenance  failed   none is attached
      | sbom        failed   none is attached
      | layers      passed   4 layers, bytes and diff_ids
      image sha256:DIGEST
      error: provenance: none is attached
             sbom: none is attached
        at: oci:plain
        do: make the image again: bento containerize attaches what is missing
      "
    `);
  });

  it("says what is not there to be signed", async () => {
    await cli.must("containerize greeter --base oci:base --output oci:bare --no-attest");
    expect(await seen("image sign oci:bare --key bento.key")).toMatchInlineSnapshot(`
      "exit 0
      | sha256:DIGEST
      ✓ signature  signed
      ! provenance  is not attached, so it is not signed: make the image again with bento containerize
      ! sbom  is not attached, so it is not signed: make the image again with bento containerize
      "
    `);
  });

  it("refuses an image whose layer was changed after it was signed", async () => {
    await cli.must("containerize greeter --base oci:base --output oci:bent --sign bento.key");
    const layout = await openLayout(join(cli.work, "bent"));
    const layer = (await inspectImage(layout)).manifest.layers.at(-1);
    const path = join(layout.directory, blobPath(layer?.digest ?? "sha256:"));
    const bytes = await readFile(path);
    await rm(path); // other layouts share the file
    await writeFile(path, Buffer.concat([bytes, Buffer.from("more")]));
    const { exitCode, err } = await cli.bento("image verify oci:bent --key bento.pub");
    expect([exitCode, err.split("\n")[1]]).toEqual([
      7,
      expect.stringMatching(/^error: layers: layer sha256:DIGEST: expected \d+ bytes, got more$/),
    ]);
  });

  it("keeps the image's digest and its archives whatever is attached and signed", async () => {
    const digest = async (layout: string) =>
      (await inspectImage(await openLayout(join(cli.work, layout)))).descriptor.digest;
    expect(await digest("image")).toBe(await digest("plain"));
    for (const flags of ["--sign bento.key", "--no-attest"]) {
      await cli.must(
        `containerize greeter --base oci:base --output oci-archive:a${flags.length}.tar ${flags}`,
      );
    }
    const [signed, bare] = await Promise.all(
      ["a16.tar", "a11.tar"].map(async (file) => digestOf(await readFile(join(cli.work, file)))),
    );
    expect(signed).toBe(bare);
  });
});

describe("bento image sbom", () => {
  it("prints what is in the image", async () => {
    const sbom = JSON.parse(await cli.raw("image sbom oci:image"));
    expect([sbom.bomFormat, sbom.specVersion]).toEqual(["CycloneDX", "1.6"]);
    const components = sbom.components.map(
      ({ type, name }: { type: string; name: string }) => `${type} ${name}`,
    );
    expect(components).toEqual(
      expect.arrayContaining([
        "container oci:base",
        "library bentokit",
        "library hono",
        "library onnxruntime-node",
        "library zod",
      ]),
    );
  });

  it("is the same text every time, in a file too", async () => {
    await cli.must("containerize greeter --base oci:base --output oci:again");
    await cli.must("image sbom oci:again --output sbom.json");
    expect(await readFile(join(cli.work, "sbom.json"), "utf8")).toBe(
      await cli.raw("image sbom oci:image"),
    );
  });

  it("says where one comes from when there is none", async () => {
    expect(await seen("image sbom oci:plain")).toMatchInlineSnapshot(`
      "exit 3
      error: no SBOM is attached to the image
        at: oci:plain, sha256:DIGEST
        do: bento containerize attaches one to each image that it makes
      "
    `);
    expect((await cli.bento("image sbom oci:image --output no/where.json")).exitCode).toBe(5);
  });
});

describe("bento deploy --require-signature", () => {
  const plan = "deploy greeter --platform local --engine podman --plan";

  it("plans an image that the key signed, and says so in the plan", async () => {
    const { exitCode, out, err } = await cli.bento(
      `${plan} --image oci:image --require-signature bento.pub`,
    );
    expect([exitCode, keysAway(err), keysAway(out).split("\n")[3]]).toEqual([
      0,
      "",
      "         signed by KEY",
    ]);
    const line = `${plan} --json --image oci:image --require-signature bento.pub`;
    expect(await cli.document(line)).toMatchObject({
      image: { signedBy: expect.stringMatching(/^[A-Za-z0-9+/]{43}=$/) },
    });
  });

  it("takes the signature of the image that was made here before", async () => {
    await cli.must("containerize greeter --base oci:base --sign bento.key");
    const line = `${plan} --base oci:base --require-signature bento.pub`;
    expect((await cli.bento(line)).exitCode).toBe(0);
  });

  it("refuses any other", async () => {
    const line = `${plan} --require-signature bento.pub`;
    expect(await seen(`${line} --image oci:plain`)).toMatchInlineSnapshot(`
      "exit 7
      error: signature: none is attached and signed
        at: oci:plain, sha256:DIGEST
        do: sign it with the key that is expected: bento image sign IMAGE --key bento.key
      "
    `);
    await cli.write("p384.pub", "not a key");
    expect(
      await seen(`${plan} --image oci:image --require-signature p384.pub`),
    ).toMatchInlineSnapshot(`
      "exit 2
      error: not a public key in PEM
        at: WORK/p384.pub
        do: make a pair with bento image keygen: bento.key signs, bento.pub verifies
      "
    `);
    expect(
      await seen("deploy greeter --platform local --require-signature bento.pub"),
    ).toMatchInlineSnapshot(`
      "exit 2
      error: local runs the bento itself, no image is signed
        at: --require-signature
        do: run its image, e.g. with --engine podman, or leave --require-signature out
      "
    `);
  });
});
