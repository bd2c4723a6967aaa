import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { unpackArchive } from "../../../model-store/archive/unpack-archive.ts";
import { failureOf } from "../../support/failure.ts";
import { onnxFile } from "../../support/onnx-file.ts";
import { localTestStore, testStore } from "../../support/stores.ts";
import { tempDir } from "../../support/temp-dir.ts";

const TAG = { name: "small", version: "v1" };
const PAST = "2025-12-02T08:00:00.514Z";
const LONG = [{ name: "ids", dims: ["n", "length"] as const }];

describe("exportArchive", () => {
  it.each(["bentomodel", "tar.xz", "tar.gz", "tar"])(
    "writes .%s, which comes back as the very same version",
    async (extension) => {
      await using dir = await tempDir();
      const store = localTestStore(join(dir.path, "home"));
      await writeFile(
        join(dir.path, "net.onnx"),
        onnxFile({ inputs: LONG, outputs: LONG, external: { W: "w/W.bin" } }),
      );
      await mkdir(join(dir.path, "w"));
      await writeFile(join(dir.path, "w/W.bin"), Buffer.alloc(4));
      const saved = await store.models.save(join(dir.path, "net.onnx"), {
        ...TAG,
        framework: "pytorch",
        signatures: { embed: { batchable: true, padding: { ids: 0 } } },
        labels: { stage: "dev" },
        metadata: { accuracy: 0.96, none: null },
        registeredAt: PAST,
      });
      const file = join(dir.path, `small.${extension}`);
      expect(await store.models.exportArchive(TAG, file)).toEqual({
        ...TAG,
        notes: ["metadata none is null, which BentoML does not take: left out"],
      });
      const other = localTestStore(join(dir.path, "other"));
      const back = await other.models.import(file);
      expect(back).toEqual({ ...saved, notes: [] });
      const [here, there] = await Promise.all([store.models.get(TAG), other.models.get(TAG)]);
      expect(there).toEqual(here);
    },
  );

  it("brings any metadata and labels back", async () => {
    const value = fc.oneof(fc.string({ unit: "binary" }), fc.boolean(), fc.integer());
    const named = fc.string({ unit: "binary", minLength: 1 });
    await fc.assert(
      fc.asyncProperty(
        fc.dictionary(named, value, { noNullPrototype: true }),
        fc.dictionary(named, fc.string(), { noNullPrototype: true }),
        async (metadata, labels) => {
          await using dir = await tempDir();
          const store = localTestStore(join(dir.path, "home"));
          await store.models.save(onnxFile({}), { ...TAG, metadata, labels, registeredAt: PAST });
          const file = join(dir.path, "small.tar");
          await store.models.exportArchive(TAG, file);
          const other = localTestStore(join(dir.path, "other"));
          await other.models.import(file);
          expect(await other.models.get(TAG)).toEqual(await store.models.get(TAG));
        },
      ),
      { numRuns: 25 },
    );
  });

  it("writes the same bytes each time, and what BentoML looks for", async () => {
    await using dir = await tempDir();
    const store = testStore();
    await store.models.save(onnxFile({}), { ...TAG, registeredAt: PAST });
    const files = ["a.bentomodel", "b.bentomodel"].map((name) => join(dir.path, name));
    for (const file of files) {
      await store.models.exportArchive(TAG, file);
    }
    const [first, second] = await Promise.all(files.map(async (file) => readFile(file)));
    expect(first?.equals(second ?? Buffer.alloc(0))).toBe(true);
    await unpackArchive(files[0] ?? "", join(dir.path, "out"));
    expect((await readdir(join(dir.path, "out"))).sort()).toEqual([
      "model.json",
      "model.yaml",
      "saved_model.onnx",
    ]);
    expect(await readFile(join(dir.path, "out/model.yaml"), "utf8")).toMatchInlineSnapshot(`
      "name: "small"
      version: "v1"
      module: "bentoml.onnx"
      labels: {}
      options: {"input_specs": {"run": [{"name": "X", "type": {"tensorType": {"elemType": 1, "shape": {"dim": [{"dimParam": "n"}, {"dimValue": "4"}]}}}}]}, "output_specs": {"run": [{"name": "Y", "type": {"tensorType": {"elemType": 1, "shape": {"dim": [{"dimParam": "n"}, {"dimValue": "4"}]}}}}]}, "providers": null, "session_options": null}
      metadata: {}
      context: {"framework_name": "onnx", "framework_versions": {}, "bentoml_version": "1.4.38", "python_version": ""}
      signatures: {"run": {"batchable": true, "batch_dim": [0, 0]}}
      api_version: "v2"
      creation_time: "2025-12-02T08:00:00.514+00:00"
      "
    `);
  });

  it.each(["a.zip", "a.tar.bz2", "a.tgz"])("refuses to write %s", async (name) => {
    await using dir = await tempDir();
    const store = testStore();
    await store.models.save(onnxFile({}), TAG);
    const file = join(dir.path, name);
    expect(await failureOf(async () => store.models.exportArchive(TAG, file))).toEqual({
      code: "BENTO_INVALID_INPUT",
      message: `no archive is written as ${name}`,
      where: file,
      hint: "end its name with .bentomodel, .tar.xz, .tar.gz or .tar",
    });
  });

  it("overwrites nothing and leaves nothing half", async () => {
    await using dir = await tempDir();
    const store = testStore();
    await store.models.save(onnxFile({}), TAG);
    const file = join(dir.path, "a.tar");
    await writeFile(file, "mine");
    const failure = await failureOf(async () => store.models.exportArchive(TAG, file));
    expect(failure.message).toBe(`the file exists: ${file}`);
    const signal = AbortSignal.abort();
    const other = join(dir.path, "b.tar");
    await expect(store.models.exportArchive(TAG, other, { signal })).rejects.toThrow();
    const nowhere = join(dir.path, "none/c.tar");
    expect((await failureOf(async () => store.models.exportArchive(TAG, nowhere))).code).toBe(
      "BENTO_IO",
    );
    expect(await readdir(dir.path)).toEqual(["a.tar"]);
    expect(await readFile(file, "utf8")).toBe("mine");
  });
});
