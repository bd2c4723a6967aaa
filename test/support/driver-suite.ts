/**
 * What every driver of the store has to do. Each driver's own test calls this with a factory for fresh, empty ones.
 *
 * @module
 */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { digestOf } from "../../core/digest.ts";
import { collect } from "../../model-store/collect.ts";
import type { Driver, StreamBody } from "../../model-store/driver.ts";
import { failureOf } from "./failure.ts";

const text = (bytes: Uint8Array | undefined) =>
  bytes === undefined ? undefined : Buffer.from(bytes).toString();

const encode = (value: string) => Buffer.from(value);

/** A body in pieces; `claimed` may differ from what it yields. */
export function streamBody(pieces: readonly string[], claimed = pieces.join("")): StreamBody {
  return {
    digest: digestOf(claimed),
    size: Buffer.byteLength(claimed),
    async *open() {
      yield* pieces.map(encode);
    },
  };
}

/** All keys of a listing. */
export async function keysOf(
  driver: Driver,
  ...args: Parameters<Driver["list"]>
): Promise<string[]> {
  return (await collect(driver.list(...args))).map(({ key }) => key);
}

async function read(
  driver: Driver,
  ...args: Parameters<Driver["open"]>
): Promise<string | undefined> {
  const pieces = await driver.open(...args);
  return pieces === undefined ? undefined : text(Buffer.concat(await collect(pieces)));
}

export function describeDriver(name: string, make: () => Promise<Driver>): void {
  describe(`${name} as a driver`, () => {
    it("gives back what was put, whole and in pieces", async () => {
      await using driver = await make();
      expect(await driver.put("a/b.json", encode("hello"))).toBe("created");
      expect(text(await driver.get("a/b.json"))).toBe("hello");
      expect(await read(driver, "a/b.json")).toBe("hello");
      expect(await driver.head("a/b.json")).toEqual({ key: "a/b.json", size: 5 });
    });

    it("keeps empty content apart from none", async () => {
      await using driver = await make();
      await driver.put("a/empty", new Uint8Array());
      expect(text(await driver.get("a/empty"))).toBe("");
      expect(await read(driver, "a/empty")).toBe("");
      expect(await driver.head("a/empty")).toEqual({ key: "a/empty", size: 0 });
    });

    it("answers undefined for what is not there", async () => {
      await using driver = await make();
      expect(await driver.get("a/b")).toBeUndefined();
      expect(await driver.open("a/b")).toBeUndefined();
      expect(await driver.head("a/b")).toBeUndefined();
      expect(await driver.delete("a/b")).toBe(false);
      expect(await keysOf(driver, "")).toEqual([]);
    });

    it("takes no folder for a key", async () => {
      await using driver = await make();
      await driver.put("a/b/c", encode("1"));
      expect(await driver.get("a/b")).toBeUndefined();
      expect(await driver.head("a/b")).toBeUndefined();
      expect(await driver.open("a/b")).toBeUndefined();
      expect(await driver.get("a/b/c/d")).toBeUndefined();
    });

    it("puts only where nothing is", async () => {
      await using driver = await make();
      expect(await driver.put("a/b", encode("first"))).toBe("created");
      expect(await driver.put("a/b", encode("second"))).toBe("exists");
      expect(await driver.put("a/b", streamBody(["third"]))).toBe("exists");
      expect(text(await driver.get("a/b"))).toBe("first");
    });

    it("lets exactly one of many writers win, and keeps what that one wrote", async () => {
      await using driver = await make();
      const bodies = Array.from({ length: 30 }, (_, index) => `writer ${index} `.repeat(100));
      const states = await Promise.all(
        bodies.map((body, index) =>
          driver.put("a/b", index % 2 === 0 ? encode(body) : streamBody([body, ""])),
        ),
      );
      expect(states.filter((state) => state === "created")).toEqual(["created"]);
      expect(text(await driver.get("a/b"))).toBe(bodies[states.indexOf("created")]);
    });

    it("stores streams of a known digest", async () => {
      await using driver = await make();
      expect(await driver.put("a/b", streamBody(["he", "", "llo"]))).toBe("created");
      expect(text(await driver.get("a/b"))).toBe("hello");
    });

    it.each([
      ["too long", ["hello", "!"]],
      ["too short", ["hel"]],
      ["of another digest", ["hallo"]],
    ])("stores nothing of a stream that is %s", async (_, pieces) => {
      await using driver = await make();
      const failure = await failureOf(() => driver.put("a/b", streamBody(pieces, "hello")));
      expect(failure.code).toBe("BENTO_INTEGRITY");
      expect(await driver.head("a/b")).toBeUndefined();
      expect(await keysOf(driver, "")).toEqual([]);
    });

    it("stores nothing of a stream that fails, and takes the next one", async () => {
      await using driver = await make();
      const body: StreamBody = {
        ...streamBody(["hello"]),
        async *open() {
          yield encode("he");
          throw new Error("cut");
        },
      };
      await expect(driver.put("a/b", body)).rejects.toThrow("cut");
      expect(await keysOf(driver, "")).toEqual([]);
      expect(await driver.put("a/b", streamBody(["hello"]))).toBe("created");
    });

    it("does not show what is being written", async () => {
      await using driver = await make();
      const seen: unknown[] = [];
      await driver.put("a/b", {
        ...streamBody(["hello"]),
        async *open() {
          yield encode("hel");
          seen.push(await driver.head("a/b"), await keysOf(driver, ""));
          yield encode("lo");
        },
      });
      expect(seen).toEqual([undefined, []]);
    });

    it("does not change with the bytes that were handed in or out", async () => {
      await using driver = await make();
      const handed = encode("hello");
      await driver.put("a/b", handed);
      handed.fill(0);
      (await driver.get("a/b"))?.fill(0);
      expect(text(await driver.get("a/b"))).toBe("hello");
    });

    it.each([
      [{}, "0123456789"],
      [{ start: 3 }, "3456789"],
      [{ end: 3 }, "012"],
      [{ start: 3, end: 7 }, "3456"],
      [{ start: 9, end: 100 }, "9"],
      [{ start: 10 }, ""],
      [{ start: 4, end: 4 }, ""],
    ])("opens the range %j", async (range, expected) => {
      await using driver = await make();
      await driver.put("a/b", encode("0123456789"));
      expect(await read(driver, "a/b", range)).toBe(expected);
    });

    it("gives back a stream of several megabytes unchanged", async () => {
      await using driver = await make();
      const piece = Buffer.alloc(700_001, "abcdefg");
      const whole = Buffer.concat([piece, piece, piece]);
      const body = {
        digest: digestOf(whole),
        size: whole.length,
        async *open() {
          yield* [piece, piece, piece];
        },
      };
      expect(await driver.put("a/big", body)).toBe("created");
      const pieces = await driver.open("a/big");
      expect(digestOf(Buffer.concat(await collect(pieces ?? [])))).toBe(body.digest);
    });

    it("lists keys in the order of their characters, not of their folders", async () => {
      await using driver = await make();
      const keys = ["b", "a/z", "a-b/c", "a.b", "a/b/c", "a0", "A/x", "a/b-c"];
      for (const key of keys) {
        await driver.put(key, encode(key));
      }
      expect(await collect(driver.list(""))).toEqual(
        ["A/x", "a-b/c", "a.b", "a/b-c", "a/b/c", "a/z", "a0", "b"].map((key) => ({
          key,
          size: key.length,
        })),
      );
    });

    it("lists by prefix, which may end within a name", async () => {
      await using driver = await make();
      for (const key of ["a/b", "a/bc/d", "ab", "b/a"]) {
        await driver.put(key, encode("1"));
      }
      expect(await keysOf(driver, "a/")).toEqual(["a/b", "a/bc/d"]);
      expect(await keysOf(driver, "a/b")).toEqual(["a/b", "a/bc/d"]);
      expect(await keysOf(driver, "a/bc/")).toEqual(["a/bc/d"]);
      expect(await keysOf(driver, "a")).toEqual(["a/b", "a/bc/d", "ab"]);
      expect(await keysOf(driver, "c")).toEqual([]);
      expect(await keysOf(driver, "a/b/c/d/")).toEqual([]);
    });

    it("pages through a listing as if it were read at once", async () => {
      await using driver = await make();
      const part = fc.stringMatching(/^[a-c0][a-c0.-]{0,2}$/);
      const model = fc.array(fc.array(part, { minLength: 1, maxLength: 3 }), { maxLength: 12 });
      const expected = new Set<string>();
      await fc.assert(
        fc.asyncProperty(model, fc.integer({ min: 1, max: 4 }), async (keys, limit) => {
          for (const parts of keys) {
            const key = `x${parts.length}/${parts.join("/")}`; // one depth a folder: no key below another
            await driver.put(key, encode("1"));
            expected.add(key);
          }
          const paged: string[] = [];
          for (let page = await keysOf(driver, "", { limit }); page.length > 0; ) {
            paged.push(...page);
            page = await keysOf(driver, "", { after: page.at(-1) ?? "", limit });
          }
          expect(paged).toEqual([...expected].sort());
        }),
        { numRuns: 15 },
      );
    });

    it("forgets deleted keys and takes new content for them", async () => {
      await using driver = await make();
      await driver.put("a/b", encode("old"));
      expect(await driver.delete("a/b")).toBe(true);
      expect(await driver.get("a/b")).toBeUndefined();
      expect(await driver.delete("a/b")).toBe(false);
      expect(await driver.put("a/b", encode("new"))).toBe("created");
      expect(text(await driver.get("a/b"))).toBe("new");
    });

    it.each([
      "",
      "/",
      "a//b",
      "a/",
      "/a",
      "..",
      "../x",
      "a/../b",
      "a/./b",
      ".tmp/x",
      "a\\b",
      "a b",
      "ä",
      "a\0",
      "a".repeat(256),
    ])("refuses the key %j", async (key) => {
      await using driver = await make();
      const expected = {
        code: "BENTO_INVALID_INPUT",
        message: `not a key of the store: ${JSON.stringify(key)}`,
        hint: "keys are names of A-Z a-z 0-9 . _ -, starting with a letter or digit and joined by /",
      };
      expect(await failureOf(() => driver.get(key))).toEqual(expected);
      expect(await failureOf(() => driver.open(key))).toEqual(expected);
      expect(await failureOf(() => driver.head(key))).toEqual(expected);
      expect(await failureOf(() => driver.delete(key))).toEqual(expected);
      expect(await failureOf(() => driver.put(key, encode("1")))).toEqual(expected);
    });

    it.each(["../", "/", ".tmp/", "a/../", "./"])("lists nothing under %j", async (prefix) => {
      await using driver = await make();
      await driver.put("a/b", encode("1"));
      expect(await keysOf(driver, prefix)).toEqual([]);
    });

    it("does nothing once aborted", async () => {
      await using driver = await make();
      await driver.put("a/b", encode("1"));
      const signal = AbortSignal.abort(new Error("stop"));
      await expect(driver.get("a/b", { signal })).rejects.toThrow("stop");
      await expect(driver.open("a/b", { signal })).rejects.toThrow("stop");
      await expect(driver.head("a/b", { signal })).rejects.toThrow("stop");
      await expect(driver.put("a/c", encode("1"), { signal })).rejects.toThrow("stop");
      await expect(driver.delete("a/b", { signal })).rejects.toThrow("stop");
      await expect(collect(driver.list("", { signal }))).rejects.toThrow("stop");
      expect(await keysOf(driver, "")).toEqual(["a/b"]);
    });

    it("drops a stream that is aborted half-way", async () => {
      await using driver = await make();
      const stop = new AbortController();
      const body: StreamBody = {
        ...streamBody(["hello"]),
        async *open() {
          yield encode("he");
          stop.abort(new Error("stop"));
          yield encode("llo");
        },
      };
      await expect(driver.put("a/b", body, { signal: stop.signal })).rejects.toThrow("stop");
      expect(await keysOf(driver, "")).toEqual([]);
    });

    it("names a file with the bytes, where it has one", async () => {
      await using driver = await make();
      if (driver.localPath !== undefined) {
        await driver.put("a/b", encode("hello"));
        const path = await driver.localPath("a/b");
        expect(path).toMatch(/^\//);
        expect(await driver.localPath("a/c")).toBeUndefined();
      }
    });
  });
}
