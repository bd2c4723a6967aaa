import { createHash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { digestOf } from "../../core/digest.ts";
import { collect } from "../../model-store/collect.ts";
import type { Driver } from "../../model-store/driver.ts";
import { memoryDriver } from "../../model-store/drivers/memory.ts";
import { blobKey } from "../../model-store/keys.ts";
import { storeOver } from "../../model-store/open-store.ts";
import type { Store } from "../../model-store/store.ts";
import { failureOf } from "../support/failure.ts";
import { modelBytes } from "../support/stores.ts";

const HOUR = 3_600_000;

/** A store in memory whose clock is set by hand. */
function clockedStore(): { store: Store; driver: Driver; clock: { ms: number } } {
  const clock = { ms: Date.UTC(2026, 0, 1) };
  const now = () => new Date(clock.ms);
  const driver = memoryDriver({ now });
  const store = storeOver(driver, { home: "/dev/null/no-home", now, checkLoad: async () => {} });
  return { store, driver, clock };
}

const keys = async (driver: Driver, prefix: string) =>
  (await collect(driver.list(prefix))).map(({ key }) => key);

describe("Store.collectGarbage", () => {
  it("removes what no version names once it is a day old", async () => {
    const { store, driver, clock } = clockedStore();
    await store.models.save(modelBytes("kept"), { name: "m", version: "v1" });
    await store.models.save(modelBytes("gone"), { name: "m", version: "v2" });
    await store.models.delete({ name: "m", version: "v2" });
    const gone = { digest: digestOf(modelBytes("gone")), size: modelBytes("gone").length };
    const young = { blobs: [], bytes: 0, kept: 1, spared: 1, unfinished: 0 };
    expect(await store.collectGarbage()).toEqual(young);
    clock.ms += 24 * HOUR + 1;
    const due = { blobs: [gone], bytes: gone.size, kept: 1, spared: 0, unfinished: 0 };
    expect(await store.collectGarbage({ isDryRun: true })).toEqual(due);
    expect((await keys(driver, "blobs/")).length).toBe(2);
    expect(await store.collectGarbage()).toEqual(due);
    expect(await keys(driver, "blobs/")).toEqual([blobKey(digestOf(modelBytes("kept")))]);
    expect(await keys(driver, "condemned/")).toEqual([]);
    expect(await keys(driver, "pending/")).toEqual([]);
  });

  it("spares what a writer has said that it is about to use", async () => {
    const { store, driver, clock } = clockedStore();
    await driver.put(blobKey(digestOf("x")), Buffer.from("x"));
    clock.ms += 25 * HOUR;
    const at = new Date(clock.ms).toISOString();
    const text = JSON.stringify({ at, digests: [digestOf("x")] });
    await driver.put("pending/1.json", Buffer.from(text));
    expect((await store.collectGarbage()).spared).toBe(1);
    clock.ms += 25 * HOUR; // that writer has died
    expect((await store.collectGarbage()).blobs.length).toBe(0);
    expect((await store.collectGarbage()).blobs.length).toBe(1);
    expect(await keys(driver, "")).toEqual([]);
  });

  it("removes nothing when a version cannot be read", async () => {
    const { store, driver, clock } = clockedStore();
    await store.models.save(modelBytes(), { name: "m", version: "v1" });
    await driver.delete("models/m/versions/v1.json");
    await driver.put("models/m/versions/v1.json", Buffer.from("{"));
    clock.ms += 48 * HOUR;
    expect((await failureOf(() => store.collectGarbage())).code).toBe("BENTO_INTEGRITY");
    expect((await keys(driver, "blobs/")).length).toBe(1);
  });

  it("lets a writer go on after a collector that has died", async () => {
    const { store, driver, clock } = clockedStore();
    const hex = createHash("sha256").update(modelBytes()).digest("hex");
    const at = new Date(clock.ms).toISOString();
    await driver.put(`condemned/${hex}.json`, Buffer.from(JSON.stringify({ at })));
    clock.ms += HOUR;
    await store.models.save(modelBytes(), { name: "m", version: "v1" });
    expect(await keys(driver, "condemned/")).toEqual([]);
  });

  it("never takes a blob from a version, in whatever order its steps and an import's come", async () => {
    await fc.assert(
      fc.asyncProperty(fc.scheduler(), fc.boolean(), async (scheduler, hadVersion) => {
        const { driver, clock } = clockedStore();
        const now = () => new Date(clock.ms);
        const scheduled = scheduledDriver(driver, scheduler);
        const options = { home: "/dev/null/no-home", now, checkLoad: async () => {} };
        const plain = storeOver(driver, options);
        await plain.models.save(modelBytes(), { name: "m", version: "v1" });
        if (!hadVersion) {
          await plain.models.delete({ name: "m", version: "v1" });
        }
        clock.ms += 48 * HOUR;
        const importer = storeOver(scheduled, { ...options, wait: async () => {} });
        const collector = storeOver(scheduled, options);
        const both = Promise.all([
          importer.models.save(modelBytes(), { name: "m", version: "v2" }),
          collector.collectGarbage(),
          hadVersion ? collector.models.delete({ name: "m", version: "v1" }) : undefined,
        ]);
        await scheduler.waitFor(both);
        expect((await plain.verify()).damaged).toEqual([]);
        expect((await plain.models.get({ name: "m", version: "v2" })).manifest.version).toBe("v2");
        expect(await keys(driver, "condemned/")).toEqual([]);
        expect(await keys(driver, "pending/")).toEqual([]);
      }),
      { numRuns: 150 },
    );
  });
});

/** Each call waits for its turn, which the scheduler gives in any order. */
function scheduledDriver(driver: Driver, scheduler: fc.Scheduler): Driver {
  const inTurn = async <T>(work: () => Promise<T>): Promise<T> => {
    await scheduler.schedule(Promise.resolve());
    return work();
  };
  return {
    ...driver,
    get: (key, options) => inTurn(() => driver.get(key, options)),
    head: (key, options) => inTurn(() => driver.head(key, options)),
    put: (key, body, options) => inTurn(() => driver.put(key, body, options)),
    delete: (key, options) => inTurn(() => driver.delete(key, options)),
    writtenAt: (key, options) => inTurn(() => driver.writtenAt(key, options)),
    async *list(prefix, options) {
      await scheduler.schedule(Promise.resolve());
      yield* driver.list(prefix, options);
    },
  };
}
