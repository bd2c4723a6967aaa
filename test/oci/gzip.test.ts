import { createHash } from "node:crypto";
import { gunzipSync } from "node:zlib";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { collect, rechunk, streamOf } from "../../oci/chunks.ts";
import { gunzip, gzip, storedGzipBytes } from "../../oci/gzip.ts";

/** Bytes that deflate neither keeps nor removes whole: a fixed pseudo-random text. */
function sampleBytes(length: number): Buffer {
  const bytes = Buffer.alloc(length);
  let state = 1;
  for (let index = 0; index < length; index += 1) {
    state = (state * 48_271) % 2_147_483_647;
    bytes[index] = state % 17;
  }
  return bytes;
}

const packed = (bytes: Uint8Array, compression: "stored" | "gzip", chunkBytes = 70_000) =>
  collect(gzip(rechunk(streamOf(bytes), chunkBytes), compression), 1e9, "test");
const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");

describe("gzip", () => {
  it("writes a header without time and system", async () => {
    expect((await packed(Buffer.from("x"), "gzip")).subarray(0, 10).toString("hex")).toBe(
      "1f8b08000000000000ff",
    );
  });

  it.each(["stored", "gzip"] as const)(
    "%s bytes do not depend on how the input is chunked",
    async (kind) => {
      const bytes = sampleBytes(3_000_000);
      const whole = await packed(bytes, kind, 3_000_000);
      expect(whole.equals(await packed(bytes, kind, 999))).toBe(true);
      expect(sha256(whole)).toBe(
        {
          stored: "2c1e6aeacdfc4e0857d52fe55a28b8e1b48f1aa8cedb5344784de4667b2fa293",
          gzip: "5e79705261343281f5b63bc1f0a065d6c244b3c7d08328c744f68baae9866aa0",
        }[kind],
      );
    },
  );

  it.each(["stored", "gzip"] as const)("%s reads back, for any bytes", async (kind) => {
    const property = fc.asyncProperty(fc.uint8Array({ maxLength: 5000 }), async (bytes) => {
      expect(gunzipSync(await packed(bytes, kind)).equals(bytes)).toBe(true);
    });
    await fc.assert(property, { numRuns: 30 });
  });

  it("fails when its source fails", async () => {
    async function* broken(): AsyncGenerator<Uint8Array> {
      yield Buffer.from("a");
      throw new Error("disk gone");
    }
    await expect(collect(gzip(broken(), "gzip"), 100, "test")).rejects.toThrow("disk gone");
    await expect(collect(gzip(broken(), "stored"), 100, "test")).rejects.toThrow("disk gone");
  });
});

describe("storedGzipBytes", () => {
  it.each([0, 1, 65_534, 65_535, 65_536, 131_070, 1_048_560, 1_048_561])(
    "is exact for %i",
    async (size) => {
      expect((await packed(Buffer.alloc(size), "stored")).length).toBe(storedGzipBytes(size));
    },
  );
});

describe("gunzip", () => {
  it("reads a stream in pieces", async () => {
    const bytes = sampleBytes(500_000);
    const stream = rechunk(streamOf(await packed(bytes, "gzip")), 1000);
    expect((await collect(gunzip(stream), 1e9, "test")).equals(bytes)).toBe(true);
  });

  it("fails at a stream that is cut short", async () => {
    const cut = (await packed(sampleBytes(50_000), "gzip")).subarray(0, -20);
    await expect(collect(gunzip(streamOf(cut)), 1e9, "test")).rejects.toThrow(
      "unexpected end of file",
    );
  });
});
