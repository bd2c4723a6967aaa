import { chmod, mkdir, readdir, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parseTag } from "../../core/tag.ts";
import { collect } from "../../model-store/collect.ts";
import { memoryDriver } from "../../model-store/drivers/memory.ts";
import type { ModelStore } from "../../model-store/models.ts";
import { keysOf } from "../support/driver-suite.ts";
import { failureOf } from "../support/failure.ts";
import { onnxFile } from "../support/onnx-file.ts";
import { localTestStore, modelBytes, testStore } from "../support/stores.ts";
import { tempDir } from "../support/temp-dir.ts";

async function modelsWith(...tags: readonly string[]): Promise<ModelStore> {
  const { models } = testStore();
  for (const tag of tags) {
    await models.save(modelBytes(tag), parseTag(tag));
  }
  return models;
}

describe("ModelStore.list", () => {
  it("lists every version of every name with its labels and aliases", async () => {
    const models = await modelsWith("b:v2", "b:v1", "a:v1");
    await models.setLabels(parseTag("b:v1"), { stage: "dev" });
    await models.setAlias(parseTag("b:v1"), "production");
    await models.setAlias(parseTag("b:v1"), "blue");
    const shown = (await collect(models.list())).map(({ manifest, labels, aliases }) => [
      `${manifest.name}:${manifest.version}`,
      labels,
      aliases,
    ]);
    expect(shown).toEqual([
      ["a:v1", {}, []],
      ["b:v1", { stage: "dev" }, ["blue", "production"]],
      ["b:v2", {}, []],
    ]);
  });

  it("lists one name, and nothing for a name that does not exist", async () => {
    const models = await modelsWith("b:v1", "a:v1", "ab:v1");
    const named = await collect(models.list({ name: "a" }));
    expect(named.map(({ manifest }) => manifest.name)).toEqual(["a"]);
    expect(await collect(models.list({ name: "c" }))).toEqual([]);
  });

  it("yields versions before it has read all of them", async () => {
    const { models } = testStore();
    for (let index = 0; index < 5; index += 1) {
      await models.save(modelBytes(index), { name: "m", version: `v${index}` });
    }
    for await (const { manifest } of models.list()) {
      expect(manifest.version).toBe("v0");
      break;
    }
  });
});

describe("ModelStore.setAlias", () => {
  it("moves an alias and keeps who did it, why, and from where", async () => {
    const models = await modelsWith("m:v1", "m:v2");
    expect(await models.setAlias(parseTag("m:v1"), "production", { who: "ci" })).toEqual({
      alias: "production",
      version: "v1",
      previous: null,
    });
    const moved = await models.setAlias(parseTag("m:v2"), "production", { why: "better" });
    expect(moved).toEqual({ alias: "production", version: "v2", previous: "v1" });
    expect(await models.resolve(parseTag("m:production"))).toEqual(parseTag("m:v2"));
    expect(await models.aliases("m")).toEqual({ production: "v2" });
    const history = await collect(models.aliasHistory("m", "production"));
    expect(history.map(({ seq, value }) => ({ seq, ...value }))).toEqual([
      { seq: 2, version: "v2", previous: "v1", why: "better" },
      { seq: 1, version: "v1", previous: null, who: "ci" },
    ]);
  });

  it("writes nothing when the alias means that version already", async () => {
    const models = await modelsWith("m:v1");
    await models.setAlias(parseTag("m:v1"), "production");
    expect(await models.setAlias(parseTag("m"), "production")).toEqual({
      alias: "production",
      version: "v1",
      previous: "v1",
    });
    expect(await collect(models.aliasHistory("m", "production"))).toHaveLength(1);
  });

  it("holds an expectation at the moment of writing", async () => {
    const models = await modelsWith("m:v1", "m:v2", "m:v3");
    await models.setAlias(parseTag("m:v1"), "production", { expect: null });
    const outcomes = await Promise.allSettled(
      ["m:v2", "m:v3"].map(async (tag) =>
        models.setAlias(parseTag(tag), "production", { expect: "v1" }),
      ),
    );
    expect(outcomes.map((outcome) => outcome.status).sort()).toEqual(["fulfilled", "rejected"]);
    expect(
      await failureOf(() => models.setAlias(parseTag("m:v2"), "new", { expect: "v1" })),
    ).toEqual({
      code: "BENTO_CONFLICT",
      message: "expected m:new to mean v1, it means nothing",
      where: "memory://",
      hint: "somebody was faster: look at its history and decide again",
    });
  });

  it.each([
    ["latest", '"latest" cannot be an alias: latest always means the version registered last'],
    ["Prod", '"Prod" cannot be an alias: not a name'],
    ["a/b", '"a/b" cannot be an alias: not a name'],
  ])("refuses the alias %s", async (alias, message) => {
    const models = await modelsWith("m:v1");
    expect(await failureOf(() => models.setAlias(parseTag("m:v1"), alias))).toEqual({
      code: "BENTO_INVALID_INPUT",
      message,
      hint: "choose 1 to 63 of a-z 0-9 . _ -, e.g. production",
    });
  });

  it("refuses an alias that is a version", async () => {
    const models = await modelsWith("m:v1", "m:v2");
    expect(await failureOf(() => models.setAlias(parseTag("m:v1"), "v2"))).toEqual({
      code: "BENTO_INVALID_INPUT",
      message: "m:v2 is a version",
      where: "memory://",
      hint: "choose another alias: one that is a version could never be asked for",
    });
  });

  it("does not take the start of a version", async () => {
    const models = await modelsWith("m:0123456789abcdef");
    const failure = await failureOf(() => models.setAlias(parseTag("m:012345"), "production"));
    expect(failure.hint).toBe("write the whole version here: m:0123456789abcdef");
  });
});

describe("ModelStore.removeAlias", () => {
  it("removes an alias and keeps its history", async () => {
    const models = await modelsWith("m:v1");
    await models.setAlias(parseTag("m:v1"), "production");
    expect(await models.removeAlias("m", "production", { why: "retired" })).toEqual({
      alias: "production",
      version: null,
      previous: "v1",
    });
    expect(await models.aliases("m")).toEqual({});
    expect(await collect(models.aliasHistory("m", "production"))).toHaveLength(2);
    await models.setAlias(parseTag("m:v1"), "production");
    expect(await models.aliases("m")).toEqual({ production: "v1" });
  });

  it("names the aliases that there are", async () => {
    const models = await modelsWith("m:v1");
    const remove = () => models.removeAlias("m", "prod");
    expect(await failureOf(remove)).toEqual({
      code: "BENTO_NOT_FOUND",
      message: "model m has no alias prod",
      where: "memory://",
      hint: "it has none",
    });
    await models.setAlias(parseTag("m:v1"), "production");
    expect((await failureOf(remove)).hint).toBe("aliases here: production");
  });
});

describe("ModelStore.setLabels", () => {
  it("replaces all labels, and writes nothing when they stay the same", async () => {
    await using driver = memoryDriver();
    const { models } = testStore({ driver });
    await models.save(modelBytes(), { name: "m", version: "v1", labels: { a: "1" } });
    expect(await models.setLabels(parseTag("m:v1"), { b: "2" })).toEqual({ b: "2" });
    await models.setLabels(parseTag("m:v1"), { b: "2" });
    expect((await models.get(parseTag("m:v1"))).labels).toEqual({ b: "2" });
    expect(await keysOf(driver, "models/m/labels/")).toHaveLength(2);
  });
});

describe("ModelStore.delete", () => {
  it("makes a version invisible and the one before it the latest", async () => {
    const models = await modelsWith("m:v1", "m:v2", "m:v3");
    expect(await models.delete(parseTag("m:v3"))).toEqual({ tag: parseTag("m:v3"), broken: [] });
    expect(await models.resolve(parseTag("m"))).toEqual(parseTag("m:v2"));
    await models.delete(parseTag("m:v1"));
    expect(await models.resolve(parseTag("m"))).toEqual(parseTag("m:v2"));
    await models.delete(parseTag("m:v2"));
    expect((await failureOf(() => models.get(parseTag("m")))).message).toBe("no model is called m");
    expect(await collect(models.list())).toEqual([]);
  });

  it("lets a deleted version be registered again, with other content and no labels", async () => {
    const models = await modelsWith("m:v1");
    await models.setLabels(parseTag("m:v1"), { stage: "dev" });
    await models.delete(parseTag("m:v1"));
    const saved = await models.save(modelBytes("other"), parseTag("m:v1"));
    expect(saved.state).toBe("created");
    expect((await models.get(parseTag("m"))).labels).toEqual({});
  });

  it("refuses a version that an alias means, unless forced to", async () => {
    const models = await modelsWith("m:v1");
    await models.setAlias(parseTag("m:v1"), "production");
    await models.setAlias(parseTag("m:v1"), "staging");
    for (const tag of ["m:v1", "m:production"]) {
      expect(await failureOf(() => models.delete(parseTag(tag)))).toEqual({
        code: "BENTO_CONFLICT",
        message: "model m:v1 is used by alias production, alias staging",
        hint: "delete or move those first, or say --force to delete it all the same",
      });
    }
    expect(await models.delete(parseTag("m:v1"), { force: true })).toEqual({
      tag: parseTag("m:v1"),
      broken: ["alias production", "alias staging"],
    });
    expect(await models.aliases("m")).toEqual({});
  });

  it.each([
    [
      "m",
      "BENTO_INVALID_INPUT",
      "m does not say which version to delete",
      "add one, e.g. m:0123456789abcdef",
    ],
    [
      "m:012345",
      "BENTO_NOT_FOUND",
      "model m has no version or alias 012345",
      "write the whole version here: m:0123456789abcdef",
    ],
    ["n:v1", "BENTO_NOT_FOUND", "no model is called n", "models here: m"],
  ])("refuses %s", async (tag, code, message, hint) => {
    const models = await modelsWith("m:0123456789abcdef");
    expect(await failureOf(() => models.delete(parseTag(tag)))).toEqual({
      code,
      message,
      where: "memory://",
      hint,
    });
  });
});

describe("ModelStore.export", () => {
  it("copies the files and the manifest into a new folder", async () => {
    await using dir = await tempDir();
    const models = await modelsWith("m:v1");
    const folder = join(dir.path, "a/b");
    expect(await models.export(parseTag("m"), folder)).toEqual(parseTag("m:v1"));
    expect((await readdir(folder)).sort()).toEqual(["model.json", "model.onnx"]);
    expect(await readFile(join(folder, "model.onnx"))).toEqual(modelBytes("m:v1"));
    const { manifest } = await models.get(parseTag("m:v1"));
    expect(JSON.parse(await readFile(join(folder, "model.json"), "utf8"))).toEqual(manifest);
  });

  it("gives what is exported back when it is imported again", async () => {
    await using dir = await tempDir();
    const models = await modelsWith("m:v1");
    await models.export(parseTag("m"), join(dir.path, "out"));
    const saved = await models.save(join(dir.path, "out"), { name: "m", version: "v1" });
    expect(saved.state).toBe("exists");
  });

  it("overwrites nothing", async () => {
    await using dir = await tempDir();
    const models = await modelsWith("m:v1");
    await writeFile(join(dir.path, "mine.txt"), "mine");
    expect(await failureOf(() => models.export(parseTag("m"), dir.path))).toEqual({
      code: "BENTO_INVALID_INPUT",
      message: "the folder is not empty: it holds mine.txt",
      where: dir.path,
      hint: "name a new folder: nothing is overwritten",
    });
  });
});

describe("ModelStore.path", () => {
  async function localModel(home: string) {
    const external = onnxFile({ external: { W: "parts/w.bin" } });
    await mkdir(join(home, "in/parts"), { recursive: true });
    await writeFile(join(home, "in/m.onnx"), external);
    await writeFile(join(home, "in/parts/w.bin"), "1234");
    const { models } = localTestStore(join(home, "store"));
    const { manifest } = await models.save(join(home, "in"), { name: "m", version: "v1" });
    return { models, manifest };
  }

  it("gives a folder with all files beside each other, the same one each time", async () => {
    await using dir = await tempDir();
    const { models, manifest } = await localModel(dir.path);
    const cache = join(dir.path, "cache");
    const folder = await models.path(manifest, cache);
    expect(folder.startsWith(`${cache}/models/m/v1-`)).toBe(true);
    expect(await readFile(join(folder, "parts/w.bin"), "utf8")).toBe("1234");
    expect(await models.path(manifest, cache)).toBe(folder);
    expect(await readdir(join(cache, "models/m"))).toHaveLength(1);
  });

  it("takes no space twice where it can link", async () => {
    await using dir = await tempDir();
    const { models, manifest } = await localModel(dir.path);
    const folder = await models.path(manifest, join(dir.path, "cache"));
    expect((await stat(join(folder, "model.onnx"))).nlink).toBe(2);
  });

  it("copies out of a store that is no folder", async () => {
    await using dir = await tempDir();
    const models = await modelsWith("m:v1");
    const { manifest } = await models.get(parseTag("m"));
    const folder = await models.path(manifest, dir.path);
    expect(await readFile(join(folder, "model.onnx"))).toEqual(modelBytes("m:v1"));
  });

  it("is made once by many at the same time", async () => {
    await using dir = await tempDir();
    const { models, manifest } = await localModel(dir.path);
    const cache = join(dir.path, "cache");
    const folders = await Promise.all(
      Array.from({ length: 10 }, async () => models.path(manifest, cache)),
    );
    expect(new Set(folders).size).toBe(1);
    expect(await readdir(join(cache, "models/m"))).toHaveLength(1);
  });

  it("makes the folder anew when something in it was changed", async () => {
    await using dir = await tempDir();
    const models = await modelsWith("m:v1");
    const { manifest } = await models.get(parseTag("m"));
    const folder = await models.path(manifest, dir.path);
    await writeFile(join(folder, "model.onnx"), "changed");
    await models.path(manifest, dir.path);
    expect(await readFile(join(folder, "model.onnx"))).toEqual(modelBytes("m:v1"));
  });

  it("finds a bit flipped in a blob before anything is loaded", async () => {
    await using dir = await tempDir();
    const { models, manifest } = await localModel(dir.path);
    const cache = join(dir.path, "cache");
    await models.path(manifest, cache);
    const digest = manifest.files[0]?.digest ?? "";
    const blob = join(dir.path, "store/blobs/sha256", digest.slice("sha256:".length));
    const content = await readFile(blob);
    content[10] = (content[10] ?? 0) ^ 1;
    await chmod(blob, 0o644);
    await writeFile(blob, content);
    const failure = await failureOf(() => models.path(manifest, cache));
    expect(failure.message).toMatch(new RegExp(`^expected ${digest}, got sha256:[0-9a-f]{64}$`));
    expect(failure).toMatchObject({
      code: "BENTO_INTEGRITY",
      where: `file://${dir.path}/store blobs/sha256/${digest.slice("sha256:".length)}`,
      hint: "delete that file from the store and import the model or bento again: only it is stored anew",
    });
  });

  it("names a blob that is missing", async () => {
    await using driver = memoryDriver();
    await using dir = await tempDir();
    const { models } = testStore({ driver });
    const { manifest } = await models.save(modelBytes(), { name: "m", version: "v1" });
    const [blob = ""] = await keysOf(driver, "blobs/");
    await driver.delete(blob);
    expect(await failureOf(() => models.path(manifest, dir.path))).toEqual({
      code: "BENTO_NOT_FOUND",
      message: `the store has no bytes for model.onnx (sha256:${blob.slice("blobs/sha256/".length)})`,
      where: `memory:// ${blob}`,
      hint: "import the model or bento that it belongs to again: only what is missing is stored",
    });
    expect(await readdir(join(dir.path, "models/m"))).toEqual([]);
  });
});
