import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { collect } from "../../model-store/collect.ts";
import { memoryDriver } from "../../model-store/drivers/memory.ts";
import { children } from "../../model-store/scan.ts";

describe("children", () => {
  it("finds each name once with the first key under it, however many lie below", async () => {
    const name = fc.stringMatching(/^[a-c0][a-c0._-]{0,3}$/);
    const keys = fc.array(fc.tuple(name, name, fc.nat(3)), { maxLength: 20 });
    await fc.assert(
      fc.asyncProperty(keys, async (parts) => {
        await using driver = memoryDriver();
        const stored = parts.map(([child, file, copy]) => `top/${child}/${file}${copy}`);
        for (const key of [...stored, "topmost/x/y", "to/x/y"]) {
          await driver.put(key, new Uint8Array());
        }
        const first = new Map<string, string>();
        for (const key of stored.sort()) {
          const child = key.split("/")[1] ?? "";
          first.set(child, first.get(child) ?? key);
        }
        const found = await collect(children(driver, "top/"));
        expect(found).toEqual([...first].map(([child, firstKey]) => ({ name: child, firstKey })));
      }),
      { numRuns: 100 },
    );
  });

  it("asks for one key a name, not for all of them", async () => {
    await using driver = memoryDriver();
    for (let index = 0; index < 50; index += 1) {
      await driver.put(`top/a/${index}`, new Uint8Array());
      await driver.put(`top/b/${index}`, new Uint8Array());
    }
    let keysRead = 0;
    const counting = {
      ...driver,
      async *list(...args: Parameters<typeof driver.list>) {
        for await (const object of driver.list(...args)) {
          keysRead += 1;
          yield object;
        }
      },
    };
    expect((await collect(children(counting, "top/"))).map((child) => child.name)).toEqual([
      "a",
      "b",
    ]);
    expect(keysRead).toBe(2);
  });
});
