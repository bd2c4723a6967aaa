import { afterEach, describe, expect, it, vi } from "vitest";
import { collect } from "../../model-store/collect.ts";
import { models, openStore } from "../../model-store/index.ts";
import { failureOf } from "../support/failure.ts";
import { modelBytes } from "../support/stores.ts";
import { tempDir } from "../support/temp-dir.ts";

afterEach(() => {
  vi.unstubAllEnvs();
});

describe("models", () => {
  it("works on the store of BENTO_HOME, by tags as text", async () => {
    await using dir = await tempDir();
    vi.stubEnv("BENTO_STORE", undefined);
    vi.stubEnv("BENTO_HOME", `${dir.path}/home`);
    const saved = await models.save("iris", modelBytes(), { labels: { stage: "dev" } });
    const { version } = saved.manifest;
    expect((await models.import(modelBytes(), { name: "iris" })).state).toBe("exists");
    expect((await models.get(`iris:${version.slice(0, 6)}`)).labels).toEqual({ stage: "dev" });
    expect((await collect(models.list("iris"))).map(({ digest }) => digest)).toEqual([
      saved.digest,
    ]);
    expect(await models.export("iris", `${dir.path}/out`)).toEqual({ name: "iris", version });
    expect(await models.delete(`iris:${version}`)).toEqual({
      tag: { name: "iris", version },
      broken: [],
    });
    expect(await collect(models.list())).toEqual([]);
  });

  it("promotes, rolls back, lists in pages and looks after the store", async () => {
    await using dir = await tempDir();
    vi.stubEnv("BENTO_STORE", undefined);
    vi.stubEnv("BENTO_HOME", dir.path);
    for (const [version, accuracy] of [
      ["v1", 0.9],
      ["v2", 0.95],
    ] as const) {
      await models.save("iris", modelBytes(version), { version, metadata: { accuracy } });
    }
    const tags = await collect(models.list("iris", { after: "iris:v1", limit: 5 }));
    expect(tags.map(({ manifest }) => manifest.version)).toEqual(["v2"]);
    await models.alias("iris:v1", "production", { why: "first" });
    const promote = async (rule: string) =>
      models.promote("iris:v2", { to: "production", require: [rule], who: "ci" });
    expect((await failureOf(() => promote("accuracy>=current+0.1"))).code).toBe("BENTO_REFUSED");
    expect(await promote("accuracy>=current+0.01")).toMatchObject({
      tag: { name: "iris", version: "v2" },
      previous: "v1",
    });
    expect(await models.rollBack("iris", { alias: "production" })).toMatchObject({ version: "v1" });
    const moves = await collect(models.history("iris", "production"));
    expect(moves.map(({ value }) => [value.version, value.who, value.why])).toEqual([
      ["v1", undefined, "rolled back from v2"],
      ["v2", "ci", undefined],
      ["v1", undefined, "first"],
    ]);
    expect(await models.verify()).toMatchObject({ versions: 2, damaged: [] });
    await models.delete("iris:v2");
    expect((await models.gc({ graceMs: 0 })).blobs).toHaveLength(1);
  });

  it("prefers BENTO_STORE, read at each call", async () => {
    await using dir = await tempDir();
    vi.stubEnv("BENTO_HOME", `${dir.path}/home`);
    vi.stubEnv("BENTO_STORE", `${dir.path}/store`);
    await models.save("iris", modelBytes(), { version: "v1" });
    await using store = openStore({ url: `${dir.path}/store`, home: dir.path });
    expect(await store.models.resolve({ name: "iris" })).toEqual({ name: "iris", version: "v1" });
    vi.stubEnv("BENTO_STORE", "");
    expect((await failureOf(() => models.get("iris"))).message).toBe("no model is called iris");
  });

  it("refuses what is no tag", async () => {
    expect(await failureOf(() => models.get("Iris:"))).toMatchObject({
      code: "BENTO_INVALID_INPUT",
      message: 'not a tag: "Iris:"',
    });
  });
});
