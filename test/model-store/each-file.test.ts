import { describe, expect, it } from "vitest";
import { eachFile } from "../../model-store/each-file.ts";

const LARGE = 9 * 2 ** 20;

describe("eachFile", () => {
  it("works on four small files at once, and on large ones alone after them", async () => {
    const files = [1, LARGE, 2, 3, 4, 5, LARGE + 1].map((size) => ({ size }));
    let atWork = 0;
    const seen: (readonly [size: number, atWork: number])[] = [];
    await eachFile(files, async ({ size }) => {
      atWork += 1;
      await new Promise(setImmediate);
      seen.push([size, atWork]);
      atWork -= 1;
    });
    expect(seen.map(([size]) => size)).toEqual([1, 2, 3, 4, 5, LARGE, LARGE + 1]);
    expect(Math.max(...seen.map(([, count]) => count))).toBe(4);
    expect(seen.slice(-2)).toEqual([
      [LARGE, 1],
      [LARGE + 1, 1],
    ]);
  });

  it("begins no more after a failure, and ends when all that was begun has ended", async () => {
    const ended: number[] = [];
    const files = Array.from({ length: 20 }, (_, size) => ({ size }));
    const work = eachFile([...files, { size: LARGE }], async ({ size }) => {
      if (size === 1) {
        throw new Error("the second");
      }
      await new Promise(setImmediate);
      ended.push(size);
    });
    await expect(work).rejects.toThrow("the second");
    expect(ended).toEqual([0, 2, 3]);
  });
});
