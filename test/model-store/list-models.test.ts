/**
 * Listing in pages, and what a page costs.
 */
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { ExactTag } from "../../core/tag.ts";
import { formatTag, parseTag } from "../../core/tag.ts";
import type { Driver } from "../../model-store/driver.ts";
import { memoryDriver } from "../../model-store/drivers/memory.ts";
import { openStore } from "../../model-store/open-store.ts";
import { registerVersion } from "../../model-store/shelf.ts";
import { SHELVES, type Store } from "../../model-store/store.ts";
import { failureOf } from "../support/failure.ts";
import { startFaultProxy } from "../support/fault-proxy.ts";
import {
  ANY_S3_SERVER,
  S3_CREDENTIALS,
  type S3Server,
  startS3Server,
} from "../support/s3-server.ts";
import { modelBytes, testStore } from "../support/stores.ts";
import { tempDir } from "../support/temp-dir.ts";
import { skipWithout } from "../support/tools.ts";

/** Registers versions of one model's bytes, as their documents alone. */
async function register(store: Store, tags: readonly ExactTag[]): Promise<void> {
  const { manifest } = await store.models.save(modelBytes(), { name: "seed", version: "v0" });
  for (let from = 0; from < tags.length; from += 50) {
    const some = tags.slice(from, from + 50);
    await Promise.all(
      some.map((tag) => registerVersion(store[SHELVES].models, { ...manifest, ...tag })),
    );
  }
}

function versions(name: string, count: number): ExactTag[] {
  return Array.from({ length: count }, (_, index) => ({
    name,
    version: `v${String(index).padStart(6, "0")}`,
  }));
}

async function tagsOf(store: Store, options: Parameters<Store["models"]["list"]>[0]) {
  const models = await Array.fromAsync(store.models.list(options));
  return models.map(({ manifest }) => formatTag(manifest));
}

/** Counts the calls of a driver. */
function counting(driver: Driver): Driver & { calls: number } {
  const counted = {
    ...driver,
    calls: 0,
    get: async (...of: Parameters<Driver["get"]>) => {
      counted.calls += 1;
      return await driver.get(...of);
    },
    list: (...of: Parameters<Driver["list"]>) => {
      counted.calls += 1;
      return driver.list(...of);
    },
  };
  return counted;
}

describe("listModels", () => {
  it("gives every model once, whatever the size of the pages", async () => {
    const part = fc.stringMatching(/^[a-c](?:[a.-]?[b-c]){0,2}$/);
    const tags = fc.uniqueArray(fc.record({ name: part, version: part }), {
      selector: formatTag,
      maxLength: 12,
    });
    await fc.assert(
      fc.asyncProperty(tags, fc.integer({ min: 1, max: 5 }), async (given, limit) => {
        await using store = testStore();
        await register(store, given);
        const paged: string[] = [];
        for (;;) {
          const last = paged.at(-1);
          const after = last === undefined ? undefined : parseTag(last);
          const page = await tagsOf(store, { after, limit });
          paged.push(...page);
          if (page.length < limit) {
            break;
          }
        }
        expect(paged).toEqual(await tagsOf(store, {}));
        expect([...paged].sort()).toEqual(["seed:v0", ...given.map(formatTag)].sort());
      }),
      { numRuns: 50 },
    );
  });

  it("goes on behind a version that is gone", async () => {
    await using store = testStore();
    await register(store, versions("iris", 4));
    await store.models.delete({ name: "iris", version: "v000001" });
    const after = { name: "iris", version: "v000001" };
    expect(await tagsOf(store, { name: "iris", after, limit: 1 })).toEqual(["iris:v000002"]);
    expect(await tagsOf(store, { after: { name: "iris", version: "v9" } })).toEqual(["seed:v0"]);
  });

  it.each([
    [{ name: "iris", after: { name: "other", version: "v1" } }, "other:v1"],
    [{ after: { name: "iris" } }, "iris"],
  ])("refuses %j", async (options, shown) => {
    await using store = testStore();
    expect(await failureOf(() => tagsOf(store, options))).toMatchObject({
      code: "BENTO_INVALID_INPUT",
      message: `a list cannot go on after ${shown}`,
    });
  });

  it.each([
    ["one name", 20, 2000],
    ["one name, at its end", 20, 2000],
  ])("asks as often for a page of %s of few as of many", async (where, few, many) => {
    const costs: number[] = [];
    for (const count of [few, many]) {
      const driver = counting(memoryDriver());
      await using store = testStore({ driver });
      const tags = versions("iris", count);
      await register(store, tags);
      await store.models.setAlias({ name: "iris", version: "v000003" }, "production");
      const after = where === "one name" ? undefined : tags.at(-11);
      driver.calls = 0;
      expect(await tagsOf(store, { name: "iris", after, limit: 10 })).toHaveLength(10);
      costs.push(driver.calls);
    }
    expect(costs[0]).toBe(costs[1]);
  });
});

describe.skipIf(skipWithout(ANY_S3_SERVER))("listModels over S3", () => {
  let server: S3Server;

  beforeAll(async () => {
    Object.assign(process.env, S3_CREDENTIALS);
    server = await startS3Server(ANY_S3_SERVER);
  });
  afterAll(async () => server[Symbol.asyncDispose]());

  it("sends as many requests for a page of 20 versions as of 1,500", async () => {
    await using dir = await tempDir();
    await using proxy = await startFaultProxy(server.endpoint);
    const counts: number[] = [];
    for (const count of [20, 1500]) {
      const url = (await server.store("pages", `of${count}`)).replace(
        server.endpoint,
        proxy.endpoint,
      );
      const home = dir.path;
      await using store = openStore({ url, home, checkLoad: async () => {} });
      await register(store, versions("iris", count));
      proxy.requests.length = 0;
      expect(await tagsOf(store, { name: "iris", limit: 10 })).toHaveLength(10);
      counts.push(proxy.requests.length);
    }
    // one list of versions, one of aliases, and for each version its document and its labels
    expect(counts).toEqual([22, 22]);
  });
});
