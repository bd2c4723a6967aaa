import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { digestOf } from "../../core/digest.ts";
import type { ProgressEvent } from "../../core/progress.ts";
import { collect } from "../../model-store/collect.ts";
import { memoryDriver } from "../../model-store/drivers/memory.ts";
import { storeOver } from "../../model-store/open-store.ts";
import type { SaveModelOptions } from "../../model-store/save-model.ts";
import { keysOf } from "../support/driver-suite.ts";
import { failureOf } from "../support/failure.ts";
import { onnxFile } from "../support/onnx-file.ts";
import { localTestStore, modelBytes, testStore } from "../support/stores.ts";
import { tempDir } from "../support/temp-dir.ts";

const FIXTURES = join(import.meta.dirname, "../../fixtures/models");

describe("saveModel", () => {
  it("registers a real model under the version that was asked for", async () => {
    await using driver = memoryDriver();
    const store = testStore({ driver });
    const path = join(FIXTURES, "iris_random_forest/model.onnx");
    const saved = await store.models.save(path, {
      name: "iris_classifier",
      version: "v1.2.0",
      framework: "scikit-learn",
      labels: { stage: "dev" },
      metadata: { accuracy: 0.96, features: ["sepal", "petal"] },
    });
    expect(saved.state).toBe("created");
    expect(saved.manifest).toEqual({
      schema: 1,
      name: "iris_classifier",
      version: "v1.2.0",
      framework: "scikit-learn",
      files: [
        {
          path: "model.onnx",
          digest: "sha256:e0f4263643bf6e72990a1b1fb48d1183eb4aad1890f99d51a1b0f3d13a618084",
          size: 14599,
        },
      ],
      entry: "model.onnx",
      inputs: [{ name: "X", dtype: "float32", dims: ["n", 4] }],
      outputs: [
        { name: "label", dtype: "int64", dims: ["n"] },
        { name: "probabilities", dtype: "float32", dims: ["n", 3] },
      ],
      signatures: { predict: { batchable: true } },
      metadata: { accuracy: 0.96, features: ["sepal", "petal"] },
    });
    expect(await keysOf(driver, "")).toEqual([
      "blobs/sha256/e0f4263643bf6e72990a1b1fb48d1183eb4aad1890f99d51a1b0f3d13a618084",
      "models/iris_classifier/labels/v1.2.0/9999999998.json",
      "models/iris_classifier/latest/9999999998.json",
      "models/iris_classifier/versions/v1.2.0.json",
    ]);
    expect(await store.models.get({ name: "iris_classifier" })).toEqual({
      manifest: saved.manifest,
      digest: saved.digest,
      registeredAt: "2026-01-01T00:00:02.000Z",
      labels: { stage: "dev" },
      aliases: [],
    });
  });

  it("makes the same version from the same content, whatever the file is called", async () => {
    await using dir = await tempDir();
    await mkdir(join(dir.path, "folder"));
    await writeFile(join(dir.path, "a.onnx"), modelBytes());
    await writeFile(join(dir.path, "folder/b.onnx"), modelBytes());
    const versions: string[] = [];
    for (const source of [modelBytes(), join(dir.path, "a.onnx"), join(dir.path, "folder")]) {
      const { manifest } = await testStore().models.save(source, { name: "m" });
      versions.push(manifest.version);
    }
    expect(versions).toEqual(Array(3).fill(versions[0]));
    expect(versions[0]).toMatch(/^[0-9a-f]{16}$/);
  });

  it.each<[string, Partial<SaveModelOptions>]>([
    ["name", { name: "other" }],
    ["framework", { framework: "xgboost" }],
    ["metadata", { metadata: { accuracy: 1 } }],
    ["signatures", { signatures: { predict: { batchable: false } } }],
  ])("makes another version when the %s differs, but not for labels", async (_, change) => {
    const store = testStore();
    const first = await store.models.save(modelBytes(), { name: "m" });
    const other = await store.models.save(modelBytes(), { name: "m", ...change });
    const labelled = await store.models.save(modelBytes(), { name: "m", labels: { a: "1" } });
    expect(other.manifest.version).not.toBe(first.manifest.version);
    expect(labelled).toEqual({ ...first, state: "exists" });
  });

  it("says that the same content exists, and makes it the latest again", async () => {
    const store = testStore();
    const options = { name: "m", version: "v1" };
    await store.models.save(modelBytes(1), options);
    await store.models.save(modelBytes(2), { name: "m", version: "v2" });
    expect((await store.models.save(modelBytes(1), options)).state).toBe("exists");
    expect(await store.models.resolve({ name: "m" })).toEqual(options);
  });

  it("adds labels to those of a version that exists", async () => {
    const store = testStore();
    const options = { name: "m", version: "v1" };
    await store.models.save(modelBytes(), { ...options, labels: { stage: "dev", team: "a" } });
    await store.models.save(modelBytes(), { ...options, labels: { stage: "test" } });
    await store.models.save(modelBytes(), options);
    expect((await store.models.get(options)).labels).toEqual({ stage: "test", team: "a" });
  });

  it("refuses other content under a version, and says what differs", async () => {
    const store = testStore();
    const first = modelBytes(1);
    const second = modelBytes("longer");
    await store.models.save(first, {
      name: "m",
      version: "v1",
      metadata: { accuracy: 0.9, rows: 4 },
    });
    const failure = await failureOf(() =>
      store.models.save(second, {
        name: "m",
        version: "v1",
        framework: "xgboost",
        metadata: { accuracy: 0.95 },
        signatures: { predict: { batchable: false } },
      }),
    );
    expect(failure).toEqual({
      code: "BENTO_CONFLICT",
      message: [
        "model m:v1 exists with other content:",
        `  files[model.onnx].digest: "${digestOf(first).slice(0, 59)}… in the store, "${digestOf(second).slice(0, 59)}… here`,
        `  files[model.onnx].size: ${first.length} in the store, ${second.length} here`,
        '  framework: "onnx" in the store, "xgboost" here',
        "  metadata.accuracy: 0.9 in the store, 0.95 here",
        "  metadata.rows: 4 in the store, absent here",
        "  signatures.predict.batchable: true in the store, false here",
      ].join("\n"),
      where: "memory://",
      hint: "a version never changes: choose another version, or leave it out to get one made from the content",
    });
  });

  it("lets exactly one of twenty different models have a version", async () => {
    await using dir = await tempDir();
    const outcomes = await Promise.allSettled(
      Array.from({ length: 20 }, async (_, index) =>
        localTestStore(dir.path).models.save(modelBytes(index), { name: "m", version: "v1" }),
      ),
    );
    const winners = outcomes.filter((outcome) => outcome.status === "fulfilled");
    const losers = outcomes.filter((outcome) => outcome.status === "rejected");
    expect(winners.map((winner) => winner.value.state)).toEqual(["created"]);
    expect(losers.map((loser) => loser.reason.code)).toEqual(Array(19).fill("BENTO_CONFLICT"));
    const { manifest } = await localTestStore(dir.path).models.get({ name: "m", version: "v1" });
    expect(manifest).toEqual(winners[0]?.value.manifest);
  });

  it("lets twenty writers of the same model all succeed", async () => {
    await using dir = await tempDir();
    const saved = await Promise.all(
      Array.from({ length: 20 }, async () =>
        localTestStore(dir.path).models.save(modelBytes(), { name: "m", version: "v1" }),
      ),
    );
    expect(saved.filter(({ state }) => state === "created")).toHaveLength(1);
    const listed = await collect(localTestStore(dir.path).models.list());
    expect(listed.map(({ manifest }) => manifest.version)).toEqual(["v1"]);
  });

  it("takes external data along under the names that the graph uses", async () => {
    await using dir = await tempDir();
    await mkdir(join(dir.path, "parts"));
    await writeFile(join(dir.path, "net.onnx"), onnxFile({ external: { W: "parts/w.bin" } }));
    await writeFile(join(dir.path, "parts/w.bin"), "1234");
    await writeFile(join(dir.path, "notes.md"), "not part of it");
    const { manifest } = await testStore().models.save(dir.path, { name: "m" });
    expect(manifest.files.map(({ path, size }) => [path, size])).toEqual([
      ["model.onnx", onnxFile({ external: { W: "parts/w.bin" } }).length],
      ["parts/w.bin", 4],
    ]);
  });

  it("tells how far it is", async () => {
    await using dir = await tempDir();
    await writeFile(join(dir.path, "m.onnx"), modelBytes());
    const events: ProgressEvent[] = [];
    await testStore().models.save(join(dir.path, "m.onnx"), {
      name: "m",
      onProgress: (event) => events.push(event),
    });
    const size = modelBytes().length;
    expect(events).toEqual([
      { kind: "step-progress", step: "read model.onnx", doneBytes: size, totalBytes: size },
      { kind: "step-progress", step: "store model.onnx", doneBytes: size, totalBytes: size },
    ]);
  });

  it("stores nothing once aborted", async () => {
    await using driver = memoryDriver();
    const signal = AbortSignal.abort(new Error("stop"));
    const saving = testStore({ driver }).models.save(modelBytes(), { name: "m", signal });
    await expect(saving).rejects.toThrow("stop");
    expect(await keysOf(driver, "")).toEqual([]);
  });

  it("stores nothing of a file that onnxruntime cannot load", async () => {
    await using driver = memoryDriver();
    const store = storeOver(driver, { home: "/nowhere" });
    const wrong = onnxFile({ graph: [], outputs: [{ name: "Y", elemType: 7, dims: ["n", 4] }] });
    const failure = await failureOf(() => store.models.save(wrong, { name: "m" }));
    expect(failure.code).toBe("BENTO_INVALID_MODEL");
    expect(failure.message).toMatch(/^onnxruntime cannot load the model: .*Type Error/s);
    expect(await keysOf(driver, "")).toEqual([]);
  });

  it("loads a good file once with the real onnxruntime", async () => {
    const store = storeOver(memoryDriver(), { home: "/nowhere" });
    expect((await store.models.save(modelBytes(), { name: "m" })).state).toBe("created");
  });

  it("brings back a blob that was deleted as damaged", async () => {
    await using driver = memoryDriver();
    const store = testStore({ driver });
    await store.models.save(modelBytes(), { name: "m" });
    const [blob = ""] = await keysOf(driver, "blobs/");
    await driver.delete(blob);
    expect((await store.models.save(modelBytes(), { name: "m" })).state).toBe("exists");
    expect(await keysOf(driver, "blobs/")).toEqual([blob]);
  });

  it.each<[SaveModelOptions, string, string]>([
    [
      { name: "Iris" },
      'not a name for a model: "Iris"',
      "choose 1 to 63 of a-z 0-9 . _ -, starting and ending with a letter or digit",
    ],
    [
      { name: "../x" },
      'not a name for a model: "../x"',
      "choose 1 to 63 of a-z 0-9 . _ -, starting and ending with a letter or digit",
    ],
    [
      { name: "m", version: "v 1" },
      'not a version: "v 1"',
      "choose 1 to 63 of a-z 0-9 . _ -, starting and ending with a letter or digit, e.g. v1.2.0",
    ],
    [
      { name: "m", version: "latest" },
      'not a version: "latest"',
      "latest always means the version registered last; leave the version out to get one from the content",
    ],
    [
      { name: "m", labels: { "": "dev" } },
      'a label has no name: "=dev"',
      "write it as name=value, e.g. stage=dev",
    ],
    [
      { name: "m", metadata: { accuracy: Number.NaN, ok: 1, "": "x" } },
      'metadata "accuracy" cannot be NaN\nmetadata "" cannot be \'x\'',
      "values are texts, finite numbers, true, false, null or flat lists of them; names are not empty",
    ],
    [
      { name: "m", signatures: { predict: { outputs: ["y"] } } },
      'the graph has no output "y"',
      "did you mean Y? its outputs: Y",
    ],
  ])("refuses %j", async (options, message, hint) => {
    await using driver = memoryDriver();
    const failure = await failureOf(() => testStore({ driver }).models.save(modelBytes(), options));
    expect(failure).toMatchObject({ code: "BENTO_INVALID_INPUT", message, hint });
    expect(await keysOf(driver, "")).toEqual([]);
  });

  it("refuses a version that is an alias", async () => {
    const store = testStore();
    await store.models.save(modelBytes(1), { name: "m", version: "v1" });
    await store.models.setAlias({ name: "m" }, "production");
    expect(
      await failureOf(() => store.models.save(modelBytes(2), { name: "m", version: "production" })),
    ).toEqual({
      code: "BENTO_CONFLICT",
      message: "m:production is an alias, of version v1",
      where: "memory://",
      hint: "choose another version, or remove the alias first",
    });
  });
});
