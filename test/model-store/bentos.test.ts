import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { bentoDigest, runtimeManifest } from "../../core/bento-manifest.ts";
import { parseTag } from "../../core/tag.ts";
import { parseBentoYaml } from "../../model-store/bento-yaml.ts";
import { collect } from "../../model-store/collect.ts";
import type { Store } from "../../model-store/store.ts";
import { bentoOf, writeBentoFiles } from "../support/bento-content.ts";
import { failureOf } from "../support/failure.ts";
import { onnxFile } from "../support/onnx-file.ts";
import { localTestStore, modelBytes } from "../support/stores.ts";
import { type TempDir, tempDir } from "../support/temp-dir.ts";

interface Scene extends AsyncDisposable {
  readonly dir: TempDir;
  readonly folder: string;
  readonly store: Store;
}

/** A local store and a folder with a bento's files. */
async function scene(): Promise<Scene> {
  const dir = await tempDir();
  const folder = join(dir.path, "built");
  await writeBentoFiles(folder);
  return {
    dir,
    folder,
    store: localTestStore(join(dir.path, "store")),
    [Symbol.asyncDispose]: async () => dir[Symbol.asyncDispose](),
  };
}

const saveModel = async (store: Store, name = "m") =>
  store.models.save(modelBytes(name), { name, version: "v1" });

const tree = async (folder: string) =>
  (await readdir(folder, { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .sort();

describe("BentoStore.save", () => {
  it("registers a bento whose models the store has", async () => {
    await using here = await scene();
    const { store, folder } = here;
    const manifest = bentoOf({ models: [await saveModel(store)] });
    expect(await store.bentos.save(folder, manifest)).toEqual({
      manifest,
      digest: bentoDigest(manifest),
      state: "created",
    });
    expect(await store.bentos.save(folder, manifest)).toMatchObject({ state: "exists" });
    const stored = await store.bentos.get(parseTag("iris"));
    expect(stored).toMatchObject({ manifest, digest: bentoDigest(manifest) });
    expect(await collect(store.bentos.list())).toEqual([stored]);
    expect(await collect(store.bentos.list({ name: "other" }))).toEqual([]);
  });

  it("makes the bento built last the latest, also when it was there", async () => {
    await using here = await scene();
    const { store, folder } = here;
    const [first, second] = [bentoOf({ version: "v1" }), bentoOf({ version: "v2" })];
    await store.bentos.save(folder, first);
    await store.bentos.save(folder, second);
    expect(await store.bentos.resolve(parseTag("iris"))).toEqual(parseTag("iris:v2"));
    await store.bentos.save(folder, first);
    expect(await store.bentos.resolve(parseTag("iris"))).toEqual(parseTag("iris:v1"));
  });

  it("refuses other content under a version", async () => {
    await using here = await scene();
    const { store, folder } = here;
    await store.bentos.save(folder, bentoOf({ version: "v1" }));
    const other = bentoOf({ version: "v1", labels: { stage: "dev" } });
    expect(await failureOf(() => store.bentos.save(folder, other))).toMatchObject({
      code: "BENTO_CONFLICT",
      message:
        'bento iris:v1 exists with other content:\n  labels.stage: absent in the store, "dev" here',
    });
  });

  it("refuses a file that is not what the manifest says", async () => {
    await using here = await scene();
    const { store, folder } = here;
    await writeFile(join(folder, "src/service.js"), "export default 2;\n");
    expect((await failureOf(() => store.bentos.save(folder, bentoOf({})))).code).toBe(
      "BENTO_INTEGRITY",
    );
    expect(await collect(store.bentos.list())).toEqual([]);
  });

  it("names a file that is missing", async () => {
    await using here = await scene();
    const { store, folder } = here;
    await rm(join(folder, "src/service.js"));
    const manifest = bentoOf({});
    expect(await failureOf(() => store.bentos.save(folder, manifest))).toEqual({
      code: "BENTO_NOT_FOUND",
      message: `the bento lacks src/service.js (${manifest.files[1]?.digest})`,
      where: folder,
      hint: "build the bento again; where it is a model's file, import the model into this store first",
    });
  });

  it("says what exists when a bento is unknown", async () => {
    await using here = await scene();
    await here.store.bentos.save(here.folder, bentoOf({ version: "v1" }));
    expect(await failureOf(() => here.store.bentos.get(parseTag("iri")))).toMatchObject({
      code: "BENTO_NOT_FOUND",
      message: "no bento is called iri",
      hint: "did you mean iris? bentos here: iris",
    });
  });
});

describe("BentoStore.materialise", () => {
  it("gives a folder with everything that a handler needs", async () => {
    await using here = await scene();
    const { store, folder, dir } = here;
    const manifest = bentoOf({ models: [await saveModel(store), await saveModel(store, "n")] });
    await store.bentos.save(folder, manifest);
    const made = await store.bentos.materialise(parseTag("iris"), join(dir.path, "cache"));
    expect(await tree(made)).toEqual([
      "apis/openapi.json",
      "bento.json",
      "bento.yaml",
      "models/m/v1/model.onnx",
      "models/n/v1/model.onnx",
      "src/service.js",
    ]);
    expect(JSON.parse(await readFile(join(made, "bento.json"), "utf8"))).toEqual(
      runtimeManifest(manifest),
    );
    expect(await parseBentoYaml(await readFile(join(made, "bento.yaml"), "utf8"))).toEqual(
      manifest,
    );
    expect(await readFile(join(made, "models/n/v1/model.onnx"))).toEqual(modelBytes("n"));
  });

  it("holds a model once that a service uses under two names", async () => {
    await using here = await scene();
    const { store, folder, dir } = here;
    const model = await saveModel(store);
    await store.bentos.save(folder, bentoOf({ models: [model, model] }));
    const made = await store.bentos.materialise(parseTag("iris"), join(dir.path, "cache"));
    expect(await readdir(join(made, "models/m/v1"))).toEqual(["model.onnx"]);
  });

  it("gives the same folder again, whole, whoever else makes it or spoils it", async () => {
    await using here = await scene();
    const { store, folder, dir } = here;
    await store.bentos.save(folder, bentoOf({}));
    const cache = join(dir.path, "cache");
    const make = async () => store.bentos.materialise(parseTag("iris"), cache);
    const made = await Promise.all(Array.from({ length: 8 }, make));
    expect(new Set(made).size).toBe(1);
    const [path = ""] = made;
    await rm(join(path, "src/service.js"));
    await writeFile(join(path, "bento.json"), "{}");
    expect(await make()).toBe(path);
    expect(await tree(path)).toEqual([
      "apis/openapi.json",
      "bento.json",
      "bento.yaml",
      "src/service.js",
    ]);
    expect(await readFile(join(path, "bento.json"), "utf8")).not.toBe("{}");
    expect(await readdir(join(cache, "bentos/iris"))).toHaveLength(1);
  });
});

describe("BentoStore.export", () => {
  it("writes the same bytes on every machine", async () => {
    await using here = await scene();
    await using there = await scene();
    const archives: Buffer[] = [];
    for (const { store, folder, dir } of [here, there]) {
      await store.bentos.save(folder, bentoOf({ models: [await saveModel(store)] }));
      const file = join(dir.path, "iris.bento");
      await store.bentos.export(parseTag("iris"), file);
      archives.push(await readFile(file));
    }
    expect(archives[0]?.equals(archives[1] ?? Buffer.alloc(0))).toBe(true);
  });

  it("gives an archive that an empty store imports, models included", async () => {
    await using here = await scene();
    await using there = await scene();
    const external = join(here.dir.path, "external");
    await mkdir(external);
    await writeFile(join(external, "m.onnx"), onnxFile({ external: { W: "w.bin" } }));
    await writeFile(join(external, "w.bin"), "1234");
    const model = await here.store.models.save(external, { name: "m", version: "v1" });
    const manifest = bentoOf({ models: [model] });
    await here.store.bentos.save(here.folder, manifest);
    const file = join(here.dir.path, "iris.bento");
    expect(await here.store.bentos.export(parseTag("iris"), file)).toEqual({
      name: "iris",
      version: manifest.version,
    });
    expect(await there.store.bentos.import(file)).toEqual({
      manifest,
      digest: bentoDigest(manifest),
      state: "created",
    });
    expect(await there.store.bentos.import(file)).toMatchObject({ state: "exists" });
    const made = await there.store.bentos.materialise(parseTag("iris"), join(there.dir.path, "c"));
    expect(await readFile(join(made, "models/m/v1/w.bin"), "utf8")).toBe("1234");
    expect(await readdir(join(there.dir.path, "store/.tmp"))).toEqual([]);
  });

  it("overwrites nothing", async () => {
    await using here = await scene();
    const { store, folder, dir } = here;
    await store.bentos.save(folder, bentoOf({}));
    const file = join(dir.path, "mine");
    await writeFile(file, "mine");
    expect(await failureOf(() => store.bentos.export(parseTag("iris"), file))).toEqual({
      code: "BENTO_INVALID_INPUT",
      message: `the file exists: ${file}`,
      where: file,
      hint: "name another one: nothing is overwritten",
    });
  });

  it("leaves a file whole that appears while the archive is written, and nothing beside it", async () => {
    await using here = await scene();
    const { store, folder, dir } = here;
    await store.bentos.save(folder, bentoOf({}));
    const file = join(dir.path, "out", "iris.bento");
    await mkdir(join(dir.path, "out"));
    const exporting = [1, 2, 3].map(() => store.bentos.export(parseTag("iris"), file));
    const ends = await Promise.allSettled(exporting);
    expect(ends.map(({ status }) => status).sort()).toEqual(["fulfilled", "rejected", "rejected"]);
    expect(await readdir(join(dir.path, "out"))).toEqual(["iris.bento"]);
  });

  it("names a folder that does not exist", async () => {
    await using here = await scene();
    const { store, folder, dir } = here;
    await store.bentos.save(folder, bentoOf({}));
    const file = join(dir.path, "no/folder/x.bento");
    expect(await failureOf(() => store.bentos.export(parseTag("iris"), file))).toEqual({
      code: "BENTO_IO",
      message: `cannot write ${file}: no such file or folder`,
      where: file,
      hint: "check the path",
    });
  });
});

describe("BentoStore.import", () => {
  const hint =
    "make one with bento export TAG FILE; an archive made by BentoML holds Python, which cannot run here";

  async function exported(here: Scene): Promise<string> {
    await here.store.bentos.save(here.folder, bentoOf({ models: [await saveModel(here.store)] }));
    const file = join(here.dir.path, "iris.bento");
    await here.store.bentos.export(parseTag("iris"), file);
    return file;
  }

  it("refuses a file that is no archive", async () => {
    await using here = await scene();
    const file = join(here.dir.path, "x.bento");
    await writeFile(file, "not an archive");
    expect(await failureOf(() => here.store.bentos.import(file))).toEqual({
      code: "BENTO_INVALID_INPUT",
      message: "x.bento is not a .bento archive: it is no whole archive",
      where: file,
      hint,
    });
  });

  it("refuses a folder and names what is not there", async () => {
    await using here = await scene();
    expect(await failureOf(() => here.store.bentos.import(here.folder))).toEqual({
      code: "BENTO_INVALID_INPUT",
      message: "built is not a .bento archive: it is a folder",
      where: here.folder,
      hint,
    });
    const file = join(here.dir.path, "none.bento");
    expect(await failureOf(() => here.store.bentos.import(file))).toEqual({
      code: "BENTO_NOT_FOUND",
      message: `no such file: ${file}`,
      where: file,
      hint: "check the path",
    });
  });

  it("registers nothing of an archive that was cut within its files", async () => {
    await using here = await scene();
    await using there = await scene();
    const archive = await readFile(await exported(here));
    for (const part of [0.1, 0.5, 0.9]) {
      const file = join(there.dir.path, "cut.bento");
      await writeFile(file, archive.subarray(0, Math.floor(archive.length * part)));
      const failure = await failureOf(() => there.store.bentos.import(file));
      expect(failure.message).toBe("cut.bento is not a .bento archive: it is no whole archive");
    }
    expect(await collect(there.store.bentos.list())).toEqual([]);
  });

  it("refuses an archive without a manifest", async () => {
    await using here = await scene();
    const { gzip } = await import("../../oci/gzip.ts");
    const { writeTar } = await import("../../oci/tar.ts");
    const { tarFile } = await import("../../oci/tar-entry.ts");
    const file = join(here.dir.path, "x.bento");
    await writeFile(file, gzip(writeTar([tarFile("src/service.js", "1")]), "gzip"));
    expect((await failureOf(() => here.store.bentos.import(file))).message).toBe(
      "x.bento is not a .bento archive: it has no bento.yaml",
    );
    await writeFile(file, gzip(writeTar([tarFile("bento.yaml", "name: [")]), "gzip"));
    expect((await failureOf(() => here.store.bentos.import(file))).message).toBe(
      "x.bento is not a .bento archive: its bento.yaml is none of ours",
    );
  });
});

describe("references", () => {
  it("keep a model that a bento holds", async () => {
    await using here = await scene();
    const { store, folder } = here;
    const manifest = bentoOf({ version: "b1", models: [await saveModel(store)] });
    await store.bentos.save(folder, manifest);
    const remove = async (force: boolean) => store.models.delete(parseTag("m:v1"), { force });
    expect(await failureOf(() => remove(false))).toEqual({
      code: "BENTO_CONFLICT",
      message: "model m:v1 is used by bento iris:b1",
      hint: "delete or move those first, or say --force to delete it all the same",
    });
    await store.bentos.delete(parseTag("iris:b1"));
    expect(await remove(false)).toEqual({ tag: parseTag("m:v1"), broken: [] });
  });

  it("keep a bento working whose model was deleted by force", async () => {
    await using here = await scene();
    const { store, folder, dir } = here;
    await store.bentos.save(folder, bentoOf({ models: [await saveModel(store)] }));
    await store.models.delete(parseTag("m:v1"), { force: true });
    const made = await store.bentos.materialise(parseTag("iris"), join(dir.path, "cache"));
    expect(await readFile(join(made, "models/m/v1/model.onnx"))).toEqual(modelBytes("m"));
  });
});
