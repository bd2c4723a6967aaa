import { mkdir, readdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { canonicalJson } from "../../../core/canonical-json.ts";
import { digestOf } from "../../../core/digest.ts";
import { modelReference } from "../../../model-store/artifact/model-artifact.ts";
import { pullModel } from "../../../model-store/artifact/pull-model.ts";
import { pushModel } from "../../../model-store/artifact/push-model.ts";
import type { Store } from "../../../model-store/store.ts";
import { documentMemo } from "../../../oci/document-memo.ts";
import { buildLayer } from "../../../oci/layer.ts";
import { createLayout } from "../../../oci/layout.ts";
import { OCI_MANIFEST } from "../../../oci/media-type.ts";
import { modelEntries } from "../../../packager/image/bento-entries.ts";
import { failureOf } from "../../support/failure.ts";
import { type LoopbackRegistry, loopbackRegistry } from "../../support/registry.ts";
import { answering, faults } from "../../support/registry-faults.ts";
import { modelBytes, testStore } from "../../support/stores.ts";
import { tempDir } from "../../support/temp-dir.ts";

const TAG = { name: "iris", version: "v1" };

async function storeWithModel(seed: string | number = ""): Promise<Store> {
  const store = testStore();
  const labels = { stage: "dev" };
  await store.models.save(modelBytes(seed), { ...TAG, labels, metadata: { accuracy: 0.97 } });
  return store;
}

function push(registry: LoopbackRegistry, store: Store) {
  return pushModel(store, TAG, { to: `oci://${registry.host}/team`, retryDelayMs: 0 });
}

function pull(registry: LoopbackRegistry, store: Store, workDirectory: string) {
  const from = `oci://${registry.host}/team`;
  return pullModel(store, TAG, { from, workDirectory, retryDelayMs: 0 });
}

/** The artifact as the registry keeps it. */
async function artifactOf(registry: LoopbackRegistry) {
  const url = `http://${registry.host}/v2/team/models/iris/manifests/v1`;
  return JSON.parse(await (await fetch(url)).text());
}

describe("pushModel", () => {
  it("keeps the model's manifest as config and the image's layer as layer", async () => {
    await using dir = await tempDir();
    await using registry = await loopbackRegistry();
    const store = await storeWithModel();
    const pushed = await push(registry, store);
    const { manifest } = await store.models.get(TAG);
    const file = join(dir.path, "models/iris/v1/model.onnx");
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, modelBytes());
    const model = {
      ...{ ...TAG, key: "m", asked: "iris:v1", digest: digestOf(""), entry: "model.onnx" },
      ...{ files: manifest.files, batchable: true },
    };
    const sink = await createLayout(join(dir.path, "image"));
    const entries = modelEntries(dir.path, model);
    const layer = await buildLayer({ entries, compression: "stored", sink });
    const text = canonicalJson(manifest);
    expect(await artifactOf(registry)).toEqual({
      schemaVersion: 2,
      mediaType: OCI_MANIFEST,
      artifactType: "application/vnd.bentokit.model.v1+json",
      config: {
        mediaType: "application/vnd.bentokit.model.config.v1+json",
        digest: digestOf(text),
        size: text.length,
      },
      layers: [
        {
          ...layer.descriptor,
          annotations: {
            "org.bentokit.diff-id": layer.diffId,
            "org.bentokit.uncompressed-bytes": String(layer.uncompressedBytes),
            "org.opencontainers.image.title": "model iris:v1",
          },
        },
      ],
      annotations: {
        "org.opencontainers.image.created": expect.stringMatching(/^2026-01-01T00:00:\d\d/),
        "org.opencontainers.image.title": "iris",
        "org.opencontainers.image.version": "v1",
      },
    });
    expect(pushed).toEqual({
      tag: TAG,
      digest: pushed.digest,
      reference: `${registry.host}/team/models/iris@${pushed.digest}`,
      state: "created",
      layer: "uploaded",
      uploadedBytes: layer.descriptor.size,
    });
  });

  it("sends nothing for a model that is there", async () => {
    await using registry = await loopbackRegistry();
    const store = await storeWithModel();
    const first = await push(registry, store);
    registry.requests.length = 0;
    expect(await push(registry, store)).toEqual({
      ...first,
      state: "exists",
      layer: "exists",
      uploadedBytes: 0,
    });
    expect(registry.requests.filter((line) => !/^(?:GET|HEAD) .*manifests/.test(line))).toEqual([]);
  });

  it("refuses to replace another model of that version", async () => {
    await using registry = await loopbackRegistry();
    await push(registry, await storeWithModel());
    expect(await failureOf(async () => push(registry, await storeWithModel(2)))).toEqual({
      code: "BENTO_CONFLICT",
      message: "another model is there as iris:v1",
      where: `${registry.host}/team/models/iris:v1`,
      hint: "push it under another version, or to another place",
    });
  });

  it("hashes a model once, however often it is pushed", async () => {
    await using dir = await tempDir();
    await using registry = await loopbackRegistry();
    const facts = documentMemo({ directory: dir.path, now: () => 0 });
    const store = await storeWithModel();
    const first = await pushModel(store, TAG, { to: `oci://${registry.host}/a`, facts });
    const [memo = ""] = await readdir(dir.path);
    const second = await pushModel(store, TAG, { to: `oci://${registry.host}/b`, facts });
    expect([second.digest, second.layer]).toEqual([first.digest, "uploaded"]);
    expect(await readdir(dir.path)).toEqual([memo]);
    await writeFile(join(dir.path, memo), "{"); // damaged: hashed anew
    expect((await pushModel(store, TAG, { to: `oci://${registry.host}/c`, facts })).digest).toBe(
      first.digest,
    );
  });

  it("reads the store again for each try", async () => {
    await using registry = await loopbackRegistry();
    registry.fault = faults(/^PUT .*uploads/, 2, answering(500));
    expect((await push(registry, await storeWithModel())).state).toBe("created");
  });
});

describe("pullModel", () => {
  it("brings the same version with its facts, and leaves nothing else", async () => {
    await using dir = await tempDir();
    await using registry = await loopbackRegistry();
    const from = await storeWithModel();
    await push(registry, from);
    const to = testStore();
    const copied = await pull(registry, to, dir.path);
    expect(copied).toMatchObject({ tag: TAG, state: "created" });
    const [there, here] = await Promise.all([from.models.get(TAG), to.models.get(TAG)]);
    // labels are the store's own
    expect(here).toEqual({ ...there, labels: {} });
    expect(await to.models.resolve({ name: "iris" })).toEqual(TAG);
    expect((await to.verify()).damaged).toEqual([]);
    expect(await readdir(dir.path)).toEqual([]);
    expect((await pull(registry, to, dir.path)).state).toBe("exists");
  });

  it("begins the layer anew when it breaks off", async () => {
    await using dir = await tempDir();
    await using registry = await loopbackRegistry();
    await push(registry, await storeWithModel());
    registry.fault = faults(/^GET .*blobs/, 2, (_request, response) => {
      response.writeHead(200, { "content-length": 100_000 });
      response.write("some");
      response.destroy();
      return true;
    });
    expect((await pull(registry, testStore(), dir.path)).state).toBe("created");
  });

  it.each([
    ["another version", { version: "v2" }, "the artifact holds iris:v2"],
    ["a file of other bytes", {}, /^expected sha256:\w+, got sha256:\w+$|expected \d+ bytes/],
    ["no such file", {}, "the layer lacks app/models/iris/v1/model.onnx"],
  ])("refuses an artifact that holds %s", async (what, changes, message) => {
    await using dir = await tempDir();
    await using registry = await loopbackRegistry();
    await push(registry, await storeWithModel());
    const artifact = await artifactOf(registry);
    const { manifest } = await (await storeWithModel()).models.get(TAG);
    const config = canonicalJson({
      ...manifest,
      ...changes,
      ...(what === "a file of other bytes"
        ? { files: [{ ...manifest.files[0], digest: digestOf("other") }] }
        : {}),
    });
    const layout = await createLayout(join(dir.path, "other"));
    const entries = [{ kind: "file", path: "app/x", size: 1, content: Buffer.from("x") }] as const;
    const empty = await buildLayer({ entries, compression: "stored", sink: layout });
    const bytes = Buffer.concat(await Array.fromAsync(layout.readBlob(empty.descriptor)));
    registry.add(bytes);
    const layers = what === "no such file" ? [empty.descriptor] : artifact.layers;
    registry.fault = faults(/^GET .*manifests/, 1, (_request, response) => {
      const digest = registry.add(config);
      const document = { ...artifact.config, digest, size: Buffer.byteLength(config) };
      response.writeHead(200, { "content-type": OCI_MANIFEST });
      response.end(JSON.stringify({ ...artifact, config: document, layers }));
      return true;
    });
    const store = testStore();
    await expect(pull(registry, store, dir.path)).rejects.toThrow(
      expect.objectContaining({
        code: "BENTO_INTEGRITY",
        message: typeof message === "string" ? message : expect.stringMatching(message),
      }),
    );
    expect(await Array.fromAsync(store.models.list())).toEqual([]);
  });

  it("refuses what is no model", async () => {
    await using dir = await tempDir();
    await using registry = await loopbackRegistry();
    registry.addDocument({ schemaVersion: 2, config: {}, layers: [] }, OCI_MANIFEST, "v1");
    await expect(pull(registry, testStore(), dir.path)).rejects.toThrow(
      expect.objectContaining({ code: "BENTO_INTEGRITY" }),
    );
  });

  it("names a model that is not there", async () => {
    await using dir = await tempDir();
    await using registry = await loopbackRegistry();
    await expect(pull(registry, testStore(), dir.path)).rejects.toThrow(
      expect.objectContaining({ code: "BENTO_NOT_FOUND" }),
    );
  });
});

describe("modelReference", () => {
  it.each([
    ["oci://r.example/team", "r.example", "team/models/iris"],
    ["oci://r.example/team/", "r.example", "team/models/iris"],
    ["oci://r.example", "r.example", "models/iris"],
    ["oci://localhost:5000/a/b", "localhost:5000", "a/b/models/iris"],
  ])("reads %s", (url, registry, repository) => {
    expect(modelReference(url, TAG)).toEqual({ registry, repository, tag: "v1" });
  });

  it.each(["oci:dir", "oci://", "oci:///x", "oci://host/Team", "oci://team/x", "http://r.example"])(
    "refuses %s",
    (url) => {
      expect(() => modelReference(url, TAG)).toThrow(
        expect.objectContaining({ code: "BENTO_INVALID_INPUT" }),
      );
    },
  );
});
