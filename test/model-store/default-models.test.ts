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
