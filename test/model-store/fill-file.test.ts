import { open, readFile } from "node:fs/promises";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { fillFile } from "../../model-store/fill-file.ts";
import { tempDir } from "../support/temp-dir.ts";

describe("fillFile", () => {
  it("writes the pieces in order, however they are cut and whenever they come", async () => {
    await using dir = await tempDir();
    let count = 0;
    const Pieces = fc.array(
      fc.record({ length: fc.nat({ max: 1_500_000 }), ticks: fc.nat({ max: 3 }) }),
      { maxLength: 12 },
    );
    await fc.assert(
      fc.asyncProperty(Pieces, async (plan) => {
        const pieces = plan.map(({ length }, index) => Buffer.alloc(length, index + 1));
        async function* source() {
          for (const [index, piece] of pieces.entries()) {
            for (let ticks = plan[index]?.ticks ?? 0; ticks > 0; ticks -= 1) {
              await new Promise(setImmediate);
            }
            yield piece;
          }
        }
        count += 1;
        const path = join(dir.path, String(count));
        {
          await using file = await open(path, "wx");
          await fillFile(file, source());
        }
        expect((await readFile(path)).equals(Buffer.concat(pieces))).toBe(true);
      }),
      { numRuns: 40 },
    );
  });

  it("ends with the failure of its source", async () => {
    await using dir = await tempDir();
    await using file = await open(join(dir.path, "x"), "wx");
    async function* source() {
      yield Buffer.alloc(100);
      throw new Error("the source ends");
    }
    await expect(fillFile(file, source())).rejects.toThrow("the source ends");
  });

  it("ends with the failure of the disk, and asks for no more", async () => {
    await using dir = await tempDir();
    const path = join(dir.path, "x");
    await (await open(path, "wx")).close();
    await using file = await open(path, "r");
    let asked = 0;
    async function* source() {
      for (; asked < 1000; asked += 1) {
        await new Promise(setImmediate);
        yield Buffer.alloc(1_000_000);
      }
    }
    await expect(fillFile(file, source())).rejects.toThrow("EBADF");
    expect(asked).toBeLessThan(5);
  });
});
