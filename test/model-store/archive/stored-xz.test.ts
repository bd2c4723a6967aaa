import { execFileSync } from "node:child_process";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { storedXz } from "../../../model-store/archive/stored-xz.ts";
import { unxz } from "../../../model-store/archive/unxz.ts";
import { collect, streamOf } from "../../../oci/chunks.ts";
import { skipWithout } from "../../support/tools.ts";

const LIMIT = 1e7;
const framed = (...pieces: Uint8Array[]) => collect(storedXz(streamOf(...pieces)), LIMIT, "test");
const bytes = (length: number) => Buffer.alloc(length, (length % 251).toString());

describe("storedXz", () => {
  it("is read back by the decoder, whatever its chunks were", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.uint8Array({ maxLength: 1000 })), async (pieces) => {
        const read = await collect(unxz(streamOf(await framed(...pieces))), LIMIT, "test");
        expect(read.equals(Buffer.concat(pieces))).toBe(true);
      }),
    );
  });

  it.each([0, 1, 65_535, 65_536, 65_537, 131_072, 1_000_003])("frames %d bytes", async (length) => {
    const stream = await framed(bytes(length));
    expect(stream.length - length).toBeLessThan(100 + length / 20_000);
    expect((await collect(unxz(streamOf(stream)), LIMIT, "test")).equals(bytes(length))).toBe(true);
  });

  it.skipIf(skipWithout("xz")).each([0, 5, 200_000])(
    "is what xz takes: %d bytes",
    async (length) => {
      const read = execFileSync("xz", ["-dc"], { input: await framed(bytes(length)) });
      expect(read.equals(bytes(length))).toBe(true);
    },
  );
});

describe("unxz", () => {
  it("ends without an error, and again, when no more is taken", async () => {
    const stream = await framed(bytes(300_000));
    for (let round = 0; round < 3; round += 1) {
      for await (const piece of unxz(streamOf(stream))) {
        expect(piece.length).toBeGreaterThan(0);
        break;
      }
    }
  });

  it("refuses what is cut short, changed or none", async () => {
    const stream = await framed(bytes(70_000));
    const flipped = Buffer.from(stream);
    flipped.writeUInt8(flipped.readUInt8(3000) ^ 1, 3000);
    for (const wrong of [stream.subarray(0, -1), stream.subarray(0, 3000), flipped, bytes(99)]) {
      await expect(collect(unxz(streamOf(wrong)), LIMIT, "test")).rejects.toThrow(Error);
    }
  });
});
