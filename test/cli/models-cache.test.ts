/**
 * What is cached, from the command line.
 */
import { access, mkdir, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { cachedBlobs } from "../../model-store/drivers/cached-blobs.ts";
import { localDriver } from "../../model-store/drivers/local.ts";
import { memoryDriver } from "../../model-store/drivers/memory.ts";
import { openStore } from "../../model-store/open-store.ts";
import type { TestCli } from "../support/cli.ts";
import { withModels, writeGreeter } from "../support/cli-projects.ts";
import { modelBytes, testStore } from "../support/stores.ts";

/** Models unpacked, a file of a store far away, and a layer of an image. */
async function withCache(): Promise<TestCli> {
  const cli = await withModels();
  await cli.must("models get small:v1 -o path");
  await using far = testStore({
    driver: cachedBlobs(memoryDriver(), localDriver({ root: cli.home })),
  });
  const { manifest } = await far.models.save(modelBytes("far"), { name: "far", version: "v1" });
  await far.models.path(manifest, join(cli.home, "cache"));
  await mkdir(join(cli.home, "cache", "layers"), { recursive: true });
  await writeFile(join(cli.home, "cache", "layers", "one"), "bytes");
  return cli;
}

describe("bento models cache", () => {
  it("lists what is kept, and clears it without touching the store", async () => {
    await using cli = await withCache();
    expect(await cli.seen("models cache")).toMatchInlineSnapshot(`
      "exit 0
      | KIND   NAME                          FILES  SIZE
      | model  far:v1                        1      88 B
      | model  small:v1                      1      86 B
      | blobs  files without a version here  1      88 B
      | other  layers                        1      5 B
      "
    `);
    expect(await cli.seen("models cache clear --yes")).toMatchInlineSnapshot(`
      "exit 0
      | cleared 3 items, 262 B
      "
    `);
    expect(await cli.seen("models cache list")).toMatchInlineSnapshot(`
      "exit 0
      | KIND   NAME    FILES  SIZE
      | other  layers  1      5 B
      "
    `);
    expect(await readdir(join(cli.home, "cache"))).toEqual(["layers", "models"]);
    await cli.must("models verify");
    await cli.must("models get small:v1 -o path");
    expect(await cli.seen("models cache clear --all --yes --json")).toMatchInlineSnapshot(`
      "exit 0
      | {
      |   "cleared": [
      |     {
      |       "kind": "model",
      |       "name": "small:v1",
      |       "path": "HOME/cache/models/small/v1-bb7dc282150a",
      |       "files": 1,
      |       "bytes": 86
      |     },
      |     {
      |       "kind": "other",
      |       "name": "layers",
      |       "path": "HOME/cache/layers",
      |       "files": 1,
      |       "bytes": 5
      |     }
      |   ],
      |   "spared": []
      | }
      "
    `);
  });

  it("asks first, and clears nothing where nobody can be asked", async () => {
    await using cli = await withCache();
    expect((await cli.bento("models cache clear")).exitCode).toBe(2);
    expect((await cli.bento("models cache clear", { answers: ["n"] })).exitCode).toBe(130);
    expect((await cli.must("models cache list --json")).out).toContain("far:v1");
  });

  it("has nothing to clear where nothing is", async () => {
    await using cli = await withModels();
    expect(await cli.seen("models cache clear")).toBe("exit 0\n| cleared 0 items, 0 B\n");
  });

  it("leaves a bento that a deployment on this machine runs", async () => {
    await using cli = await withModels();
    await writeGreeter(cli);
    const tag = (await cli.raw("build -o tag")).trim();
    const folder = (await cli.raw(`get ${tag} -o path`)).trim();
    await using store = openStore({ home: cli.home });
    const { manifest, digest } = await store.bentos.get({ name: "greeter" });
    await store.deployments.append({
      schema: 1,
      ...{ platform: "local", environment: "default", name: "greeter" },
      at: "2026-01-01T00:00:00Z",
      plan: digest,
      bento: { name: "greeter", version: manifest.version, digest, models: {} },
      outcome: "succeeded",
      verified: true,
      details: {},
    });
    expect((await cli.must("models cache clear --yes")).err).toBe(
      "greeter:VERSION stays: a deployment on this machine runs it\n",
    );
    await access(folder);
    await cli.must("models cache clear --yes --force");
    await expect(access(folder)).rejects.toThrow("ENOENT");
  });
});
