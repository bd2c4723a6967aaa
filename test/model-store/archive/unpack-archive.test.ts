import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { BentoError } from "../../../core/bento-error.ts";
import { unpackArchive } from "../../../model-store/archive/unpack-archive.ts";
import { failureOf } from "../../support/failure.ts";
import { changedZip, HOSTILE } from "../../support/hostile-archives.ts";
import { type TempDir, tempDir } from "../../support/temp-dir.ts";
import { zipArchive } from "../../support/zip-archive.ts";

const FIXTURES = join(import.meta.dirname, "../../../fixtures/bentoml");
const ARCHIVES = ["iris.bentomodel", "iris.tar.gz", "iris.tar", "iris.zip"];

async function unpack(dir: TempDir, bytes: Uint8Array): Promise<string> {
  const file = join(dir.path, "some.archive");
  await writeFile(file, bytes);
  await unpackArchive(file, join(dir.path, "out"));
  return join(dir.path, "out");
}

describe("unpackArchive", () => {
  it.each(ARCHIVES)("unpacks %s as BentoML wrote it, whatever its name", async (name) => {
    await using dir = await tempDir();
    const folder = await unpack(dir, await readFile(join(FIXTURES, name)));
    expect((await readdir(folder)).sort()).toEqual(["model.yaml", "saved_model.onnx"]);
    const model = join(FIXTURES, "../models/iris_random_forest/model.onnx");
    expect((await readFile(join(folder, "saved_model.onnx"))).length).toBe(
      (await readFile(model)).length,
    );
  });

  it.each(Object.entries(HOSTILE))(
    "refuses %s and writes nothing outside",
    async (_what, bytes) => {
      await using dir = await tempDir();
      await mkdir(join(dir.path, "inner"));
      const inner = { ...dir, path: join(dir.path, "inner") };
      const failure = await failureOf(async () => unpack(inner, bytes));
      expect(failure.code).toBe("BENTO_REFUSED");
      expect(failure.where).toBe(join(inner.path, "some.archive"));
      expect(failure.hint).toBeDefined();
      expect(await readdir(dir.path)).toEqual(["inner"]);
      const beside = (await readdir(inner.path)).filter((name) => name !== "out");
      expect(beside).toEqual(["some.archive"]);
    },
  );

  it("tells what is no archive, bzip2 and a zip with a password apart", async () => {
    await using dir = await tempDir();
    const bz2 = await readFile(join(FIXTURES, "iris.tar.bz2"));
    const locked = changedZip("a", (record) => record.writeUInt16LE(1, 8));
    for (const [bytes, message] of [
      [Buffer.from("<html>"), "some.archive is no archive"],
      [Buffer.alloc(0), "some.archive is no archive"],
      [bz2, "some.archive is packed with bzip2"],
      [locked, "the archive is encrypted"],
    ] as const) {
      const failure = await failureOf(async () => unpack(dir, bytes));
      expect(failure).toMatchObject({ code: "BENTO_INVALID_INPUT", message });
    }
  });

  it("says when a zip is not what its directory says", async () => {
    const longer = changedZip("a", (record) => record.writeUInt32LE(8, 24));
    const changed = changedZip("a", (record) => record.writeUInt32LE(1, 16));
    const sharing = changedZip("a", (record) => record.writeUInt32LE(4000, 20));
    for (const bytes of [longer, changed, sharing, zipArchive({ a: "x" }).subarray(0, -5)]) {
      await using dir = await tempDir();
      const failure = await failureOf(async () => unpack(dir, bytes));
      expect(failure).toMatchObject({
        code: "BENTO_INVALID_INPUT",
        message: expect.stringMatching(/^some\.archive is damaged or cut short: /),
        hint: "fetch it again, or export it again",
      });
    }
  });

  it.each(ARCHIVES)("ends in one error for %s cut short anywhere", async (name) => {
    const whole = await readFile(join(FIXTURES, name));
    // a tar may lack the blocks that end it, which say nothing
    const most = name === "iris.tar" ? 16_000 : whole.length - 1;
    await fc.assert(
      fc.asyncProperty(fc.nat(most), async (length) => {
        await using dir = await tempDir();
        const failure = await failureOf(async () => unpack(dir, whole.subarray(0, length)));
        expect(failure.code).toBe("BENTO_INVALID_INPUT");
      }),
      { numRuns: 40 },
    );
  });

  it.each(ARCHIVES)("unpacks %s with changed bytes, or ends in one error", async (name) => {
    const whole = await readFile(join(FIXTURES, name));
    const change = fc.record({ at: fc.nat(whole.length - 1), to: fc.nat(255) });
    await fc.assert(
      fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 5 }), async (changes) => {
        await using dir = await tempDir();
        const bytes = Buffer.from(whole);
        for (const { at, to } of changes) {
          bytes.writeUInt8(to, at);
        }
        await unpack(dir, bytes).catch((error: unknown) => {
          expect(BentoError.isInstance(error) && error.code).toMatch(
            /^BENTO_(INVALID_INPUT|REFUSED|IO)$/,
          );
        });
        expect((await readdir(dir.path)).filter((one) => one !== "out")).toEqual(["some.archive"]);
      }),
      { numRuns: 60 },
    );
  });
});
