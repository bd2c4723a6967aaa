import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { bentoDigest, bentoVersion } from "../../core/bento-manifest.ts";
import type { ModelManifest } from "../../core/model-manifest.ts";
import { interfaceDifference, repinBento } from "../../packager/repin.ts";
import { bentoOf, writeBentoFiles } from "../support/bento-content.ts";
import { failureOf } from "../support/failure.ts";
import { type OnnxFile, onnxFile } from "../support/onnx-file.ts";
import { localTestStore } from "../support/stores.ts";
import { type TempDir, tempDir } from "../support/temp-dir.ts";

const FLOWER: OnnxFile = {
  inputs: [{ name: "X", dims: ["n", 4] }],
  outputs: [{ name: "Y", dims: ["n", 4] }],
};

async function stored(dir: TempDir) {
  const store = localTestStore(join(dir.path, "store"));
  const model = async (version: string, content: OnnxFile = {}) => {
    const file = join(dir.path, `${version}.onnx`);
    await writeFile(file, onnxFile({ ...FLOWER, producer: version, ...content }));
    return store.models.save(file, { name: "iris", version });
  };
  const one = await model("one");
  const folder = join(dir.path, "bento");
  await writeBentoFiles(folder);
  const { manifest } = await store.bentos.save(folder, bentoOf({ models: [one] }));
  const options = { store, workDirectory: join(dir.path, "work") };
  return { store, model, manifest, options };
}

describe("repinBento", () => {
  it("changes the model, its version and where it came from, and nothing else", async () => {
    await using dir = await tempDir();
    const { model, manifest, options, store } = await stored(dir);
    const two = await model("two");
    const repinned = await repinBento(manifest, { model0: "iris:two" }, options);
    const { version, models, repinnedFrom, ...rest } = repinned.manifest;
    const { version: versionBefore, models: modelsBefore, ...before } = manifest;
    expect(rest).toEqual(before);
    expect(repinnedFrom).toEqual({ version: versionBefore, digest: bentoDigest(manifest) });
    expect(models).toEqual([
      {
        ...modelsBefore[0],
        asked: "iris:two",
        version: "two",
        digest: two.digest,
        files: two.manifest.files,
      },
    ]);
    expect(version).toBe(bentoVersion(repinned.manifest));
    expect(repinned).toMatchObject({
      state: "created",
      digest: bentoDigest(repinned.manifest),
      changes: [{ key: "model0", from: "iris:one", to: "iris:two" }],
    });
    const found = await store.bentos.get({ name: "iris", version });
    expect(found.manifest).toEqual(repinned.manifest);
  });

  it("gives the same bento again, and the bento itself when nothing changes", async () => {
    await using dir = await tempDir();
    const { model, manifest, options } = await stored(dir);
    await model("two");
    const first = await repinBento(manifest, { model0: "iris:two" }, options);
    const again = await repinBento(manifest, { model0: "iris:two" }, options);
    expect(again).toEqual({ ...first, state: "exists" });
    expect(await repinBento(manifest, { model0: "iris:one" }, options)).toEqual({
      manifest,
      digest: bentoDigest(manifest),
      state: "unchanged",
      changes: [],
    });
  });

  it("gives the same bento for the same models, whatever was pinned between", async () => {
    await using dir = await tempDir();
    const { model, manifest, options } = await stored(dir);
    await model("two");
    await model("three");
    const straight = await repinBento(manifest, { model0: "iris:three" }, options);
    const first = await repinBento(manifest, { model0: "iris:two" }, options);
    const second = await repinBento(first.manifest, { model0: "iris:three" }, options);
    expect(second.manifest).toEqual(straight.manifest);
    expect(second.manifest.repinnedFrom).toEqual({
      version: manifest.version,
      digest: bentoDigest(manifest),
    });
    const again = await repinBento(second.manifest, { model0: "iris:two" }, options);
    expect(again).toMatchObject({ digest: first.digest, state: "exists" });
  });

  it("refuses a model with other inputs or outputs, and shows the difference", async () => {
    await using dir = await tempDir();
    const { model, manifest, options } = await stored(dir);
    await model("wide", {
      inputs: [{ name: "X", dims: ["n", 5] }],
      outputs: [{ name: "Z", dims: ["n", 5] }],
    });
    expect(
      await failureOf(() => repinBento(manifest, { model0: "iris:wide" }, options)),
    ).toMatchInlineSnapshot(`
      {
        "code": "BENTO_REFUSED",
        "hint": "the code was written for the model as it was: change service.ts and build again",
        "message": "models.model0: input X was float32 [?, 4], is float32 [?, 5]
      models.model0: output Y was float32 [?, 4], is absent
      models.model0: output Z was absent, is float32 [?, 5]",
        "where": "iris:3e7d6748be127a5a",
      }
    `);
    const found = [];
    for await (const {
      manifest: { version },
    } of options.store.bentos.list()) {
      found.push(version);
    }
    expect(found).toEqual([manifest.version]);
  });

  it.each([
    [{ flower: "iris:one" }, "the service has no model flower"],
    [{ model0: "iris:nine" }, "nine"],
    [{ model0: "Iris" }, "not a tag"],
  ])("refuses %j", async (pins, message) => {
    await using dir = await tempDir();
    const { manifest, options } = await stored(dir);
    await expect(repinBento(manifest, pins, options)).rejects.toThrow(message);
  });
});

describe("interfaceDifference", () => {
  const base: ModelManifest = {
    schema: 1,
    name: "iris",
    version: "one",
    framework: "onnx",
    entry: "model.onnx",
    files: [],
    inputs: [{ name: "X", dtype: "float32", dims: ["n", 4] }],
    outputs: [{ name: "Y", dtype: "int64", dims: ["n"] }],
    signatures: { predict: { batchable: true } },
    metadata: {},
  };

  it("is blind to names of symbolic lengths, metadata and order", () => {
    const other = {
      ...base,
      metadata: { accuracy: 1 },
      inputs: [{ name: "X", dtype: "float32" as const, dims: ["batch", 4] }],
    };
    expect(interfaceDifference(base, other)).toEqual([]);
  });

  it("tells elements, lengths, names and signatures", () => {
    const other: ModelManifest = {
      ...base,
      inputs: [{ name: "X", dtype: "float64", dims: [1, 4] }],
      outputs: [{ name: "label", dtype: "int64", dims: ["n"] }],
      signatures: { predict: { batchable: false } },
    };
    expect(interfaceDifference(base, other)).toMatchInlineSnapshot(`
      [
        "input X was float32 [?, 4], is float64 [1, 4]",
        "output Y was int64 [?], is absent",
        "output label was absent, is int64 [?]",
        "signature predict was {"batchable":true}, is {"batchable":false}",
      ]
    `);
  });
});
