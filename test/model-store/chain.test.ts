import fc from "fast-check";
import { describe, expect, it } from "vitest";
import * as z from "zod";
import { type Chain, chainKey, openChain } from "../../model-store/chain.ts";
import { collect } from "../../model-store/collect.ts";
import type { Driver } from "../../model-store/driver.ts";
import { localDriver } from "../../model-store/drivers/local.ts";
import { memoryDriver } from "../../model-store/drivers/memory.ts";
import { keysOf } from "../support/driver-suite.ts";
import { failureOf } from "../support/failure.ts";
import { tickingClock } from "../support/stores.ts";
import { tempDir } from "../support/temp-dir.ts";

const PREFIX = "models/iris/latest/";

function numbers(driver: Driver, prefix = PREFIX): Chain<number> {
  return openChain({ driver, prefix, value: z.number(), now: tickingClock() });
}

const values = async (chain: Chain<number>) =>
  (await collect(chain.history())).map((entry) => entry.value);

describe("chainKey", () => {
  it("falls as the sequence rises, in ten digits", () => {
    expect([1, 2, 10, 9_999_999_999].map((seq) => chainKey(PREFIX, seq))).toEqual([
      "models/iris/latest/9999999998.json",
      "models/iris/latest/9999999997.json",
      "models/iris/latest/9999999989.json",
      "models/iris/latest/0000000000.json",
    ]);
  });

  it("sorts the newer entry first", () => {
    const seq = fc.integer({ min: 1, max: 9_999_999_998 });
    fc.assert(
      fc.property(seq, seq, (a, b) => {
        expect(chainKey(PREFIX, a) < chainKey(PREFIX, b)).toBe(a > b);
      }),
    );
  });
});

describe("openChain", () => {
  it("has no head and no history before the first entry", async () => {
    await using driver = memoryDriver();
    const chain = numbers(driver);
    expect(await chain.head()).toBeUndefined();
    expect(await values(chain)).toEqual([]);
    expect(await chain.append(() => undefined)).toBeUndefined();
    expect(await keysOf(driver, "")).toEqual([]);
  });

  it("writes an entry as a document that people can read", async () => {
    await using driver = memoryDriver();
    await numbers(driver).append(() => 7);
    const bytes = await driver.get("models/iris/latest/9999999998.json");
    expect(Buffer.from(bytes ?? []).toString()).toBe(
      '{\n  "at": "2026-01-01T00:00:01.000Z",\n  "seq": 1,\n  "value": 7\n}\n',
    );
  });

  it("keeps every value in order, and changes no key that it has written", async () => {
    await using driver = memoryDriver();
    await fc.assert(
      fc.asyncProperty(fc.array(fc.option(fc.integer())), fc.nat(), async (steps, run) => {
        const chain = numbers(driver, `chains/c${run}-${steps.length}/${crypto.randomUUID()}/`);
        const expected: number[] = [];
        for (const step of steps) {
          const entry = await chain.append((head) => {
            expect(head?.value).toBe(expected.at(-1));
            return step ?? undefined;
          });
          if (step !== null) {
            expected.push(step);
          }
          expect(entry?.value).toBe(expected.at(-1));
          expect(entry?.seq).toBe(expected.length === 0 ? undefined : expected.length);
          expect(await chain.head()).toEqual(entry);
        }
        expect(await values(chain)).toEqual(expected.toReversed());
      }),
      { numRuns: 50 },
    );
  });

  it("loses nothing when twenty writers add at once", async () => {
    await using dir = await tempDir();
    const added = Array.from({ length: 20 }, (_, index) => index);
    await Promise.all(
      added.map((value) => numbers(localDriver({ root: dir.path })).append(() => value)),
    );
    const chain = numbers(localDriver({ root: dir.path }));
    const history = await collect(chain.history());
    expect(history.map((entry) => entry.seq)).toEqual(added.map((index) => 20 - index));
    expect(history.map((entry) => entry.value).sort((a, b) => a - b)).toEqual(added);
  });

  it("counts right when each of many writers adds one to what it read", async () => {
    await using driver = memoryDriver();
    const chain = numbers(driver);
    await Promise.all(
      Array.from({ length: 20 }, () => chain.append((head) => (head?.value ?? 0) + 1)),
    );
    expect(await values(chain)).toEqual(Array.from({ length: 20 }, (_, index) => 20 - index));
  });

  it("asks again when another was faster, and ends with what the question throws", async () => {
    await using driver = memoryDriver();
    const chain = numbers(driver);
    await chain.append(() => 1);
    const asked: unknown[] = [];
    const slow: Chain<number> = numbers({
      ...driver,
      async put(key, body, options) {
        await driver.put(key, Buffer.from('{"seq":2,"at":"2026-01-01T00:00:00Z","value":2}'));
        return await driver.put(key, body, options);
      },
    });
    const expecting = slow.append((head) => {
      asked.push(head?.value);
      if (head?.value !== 1) {
        throw new Error(`expected 1, got ${head?.value}`);
      }
      return 3;
    });
    await expect(expecting).rejects.toThrow("expected 1, got 2");
    expect(asked).toEqual([1, 2]);
    expect(await values(chain)).toEqual([2, 1]);
  });

  it("gives up where it loses every race", async () => {
    await using driver = memoryDriver();
    const chain = numbers({ ...driver, put: async () => "exists" });
    expect(await failureOf(() => chain.append(() => 1))).toEqual({
      code: "BENTO_CONFLICT",
      message: "1000 other writers were faster",
      where: "memory:// models/iris/latest/",
      hint: "try again when fewer processes change it at once",
    });
  });

  it("names a damaged entry", async () => {
    await using driver = memoryDriver();
    await driver.put("models/iris/latest/9999999998.json", Buffer.from('{"seq":1,"at":"now"'));
    expect(await failureOf(() => numbers(driver).head())).toEqual({
      code: "BENTO_INTEGRITY",
      message: "the store holds a damaged document: it is no JSON",
      where: "memory:// models/iris/latest/9999999998.json",
      hint: "restore that file from a backup, or delete what it belongs to and register it again",
    });
  });
});
