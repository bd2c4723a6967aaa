import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseTag } from "../../core/tag.ts";
import { memoryDriver } from "../../model-store/drivers/memory.ts";
import { keysOf } from "../support/driver-suite.ts";
import { failureOf } from "../support/failure.ts";
import { modelBytes, testStore } from "../support/stores.ts";

async function storeWith(...tags: readonly string[]) {
  const driver = memoryDriver();
  const store = testStore({ driver });
  for (const tag of tags) {
    await store.models.save(modelBytes(tag), parseTag(tag));
  }
  const resolve = async (text: string, allowPrefix = false) =>
    (await store.models.resolve(parseTag(text), { allowPrefix })).version;
  return { driver, store, resolve };
}

describe("resolveTag", () => {
  it("takes an exact version before an alias, and an alias before a prefix", async () => {
    const { store, resolve } = await storeWith("m:abcdef0123456789", "m:v2");
    await store.models.setAlias({ name: "m", version: "v2" }, "abcdef");
    expect(await resolve("m:v2")).toBe("v2");
    expect(await resolve("m:abcdef", true)).toBe("v2");
    expect(await resolve("m:abcdef0", true)).toBe("abcdef0123456789");
  });

  it("takes no version, or latest, for the one registered last", async () => {
    const { store, resolve } = await storeWith("m:v1", "m:v3", "m:v2");
    expect([await resolve("m"), await resolve("m:latest")]).toEqual(["v2", "v2"]);
    await store.models.save(modelBytes("m:v1"), { name: "m", version: "v1" });
    expect(await resolve("m")).toBe("v1");
  });

  it("finds the latest by the times of the versions where the chain was never written", async () => {
    const { driver, resolve } = await storeWith("m:v1", "m:v3", "m:v2");
    for (const key of await keysOf(driver, "models/m/latest/")) {
      await driver.delete(key);
    }
    expect(await resolve("m")).toBe("v2");
  });

  it("keeps names apart that start alike", async () => {
    const { store, resolve } = await storeWith("iris:v1", "iris-2:v2", "iris.a:v3");
    expect([await resolve("iris"), await resolve("iris-2"), await resolve("iris.a")]).toEqual([
      "v1",
      "v2",
      "v3",
    ]);
    expect((await failureOf(() => store.models.get({ name: "iri" }))).hint).toBe(
      "did you mean iris? models here: iris, iris-2, iris.a",
    );
  });

  it("resolves every unique prefix of six characters or more, and none that is shorter", async () => {
    const versions = ["0123456789abcdef", "0123450000000000", "fedcba9876543210"];
    const { resolve } = await storeWith(...versions.map((version) => `m:${version}`));
    const pick = fc.tuple(fc.constantFrom(...versions), fc.integer({ min: 1, max: 16 }));
    await fc.assert(
      fc.asyncProperty(pick, async ([version, length]) => {
        const typed = version.slice(0, length);
        const matches = versions.filter((other) => other.startsWith(typed));
        if (length >= 6 && matches.length === 1) {
          expect(await resolve(`m:${typed}`, true)).toBe(version);
        } else {
          const { code } = await failureOf(() => resolve(`m:${typed}`, true));
          expect(code).toBe(length >= 6 ? "BENTO_INVALID_INPUT" : "BENTO_NOT_FOUND");
        }
      }),
    );
  });

  it("takes prefixes of content-derived versions only", async () => {
    const { resolve } = await storeWith("m:abcdef-release", "m:abcdef01234567");
    expect(await failureOf(() => resolve("m:abcdef", true))).toMatchObject({
      code: "BENTO_NOT_FOUND",
    });
  });

  it.each<[string, readonly string[], string, string]>([
    ["iris", [], "no model is called iris", "the store has no models yet"],
    [
      "iris_clasifier:v1",
      ["digits:v1", "iris_classifier:v1"],
      "no model is called iris_clasifier",
      "did you mean iris_classifier? models here: digits, iris_classifier",
    ],
    ["zebra", ["digits:v1", "iris:v1"], "no model is called zebra", "models here: digits, iris"],
    [
      "iris:v1.20",
      ["iris:v1.2.0", "iris:v1.3.0"],
      "model iris has no version or alias v1.20",
      "did you mean v1.2.0? versions here: v1.2.0, v1.3.0",
    ],
    [
      "m:x",
      Array.from({ length: 12 }, (_, index) => `m:version-${index + 10}`),
      "model m has no version or alias x",
      "versions here: version-10, version-11, version-12, version-13, version-14, version-15, version-16, version-17, version-18, version-19 and 2 more",
    ],
    [
      "m:012345",
      ["m:0123456789abcdef"],
      "model m has no version or alias 012345",
      "write the whole version here: m:0123456789abcdef",
    ],
  ])("says what there is instead of %s", async (tag, existing, message, hint) => {
    const { resolve } = await storeWith(...existing);
    expect(await failureOf(() => resolve(tag))).toEqual({
      code: "BENTO_NOT_FOUND",
      message,
      where: "memory://",
      hint,
    });
  });

  it("names aliases among what exists", async () => {
    const { store, resolve } = await storeWith("m:v1");
    await store.models.setAlias({ name: "m" }, "production");
    expect((await failureOf(() => resolve("m:prodution"))).hint).toBe(
      "did you mean production? versions here: v1; aliases here: production",
    );
  });

  it("asks for more of a prefix that fits several versions", async () => {
    const { resolve } = await storeWith("m:0123456789abcdef", "m:0123450000000000");
    expect(await failureOf(() => resolve("m:012345", true))).toEqual({
      code: "BENTO_INVALID_INPUT",
      message: "m:012345 is the start of 2 versions: 0123450000000000, 0123456789abcdef",
      where: "memory://",
      hint: "write more of it",
    });
  });

  it("names an alias whose version is gone", async () => {
    const { driver, store, resolve } = await storeWith("m:v1", "m:v2");
    await store.models.setAlias({ name: "m", version: "v1" }, "production");
    await driver.delete("models/m/versions/v1.json");
    expect(await failureOf(() => resolve("m:production"))).toEqual({
      code: "BENTO_NOT_FOUND",
      message: "m:production means v1, which is not in the store",
      where: "memory://",
      hint: "import m:v1 again, or move the alias: bento models alias m:VERSION --to production",
    });
  });

  it("names a version whose document was changed", async () => {
    const { driver, resolve } = await storeWith("m:v1");
    const key = "models/m/versions/v1.json";
    const document = Buffer.from((await driver.get(key)) ?? []).toString();
    await driver.delete(key);
    await driver.put(key, Buffer.from(document.replace('"batchable": true', '"batchable": false')));
    const failure = await failureOf(() => resolve("m:v1"));
    expect(failure.message).toMatch(
      /^expected a manifest with sha256:[0-9a-f]{64}, got sha256:[0-9a-f]{64}$/,
    );
    expect(failure).toMatchObject({
      code: "BENTO_INTEGRITY",
      where: "memory:// models/m/versions/v1.json",
      hint: "the document was changed by hand: restore it from a backup, or delete it and register the version again",
    });
  });
});
