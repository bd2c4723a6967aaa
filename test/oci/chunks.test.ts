import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { digestOf } from "../../core/digest.ts";
import { collect, rechunk, streamOf } from "../../oci/chunks.ts";
import { verified } from "../../oci/verified.ts";

describe("rechunk", () => {
  it("keeps the bytes and gives every chunk but the last one length, for any chunks", async () => {
    const chunks = fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 8 });
    await fc.assert(
      fc.asyncProperty(chunks, fc.integer({ min: 1, max: 50 }), async (pieces, length) => {
        const out: Buffer[] = [];
        for await (const chunk of rechunk(streamOf(...pieces), length)) {
          out.push(chunk);
        }
        expect(Buffer.concat(out).equals(Buffer.concat(pieces))).toBe(true);
        expect(out.slice(0, -1).every((chunk) => chunk.length === length)).toBe(true);
        expect(out.every((chunk) => chunk.length > 0)).toBe(true);
      }),
    );
  });
});

describe("collect", () => {
  it("takes as many bytes as are allowed and no more", async () => {
    const two = () => streamOf(Buffer.from("ab"), Buffer.from("c"));
    expect((await collect(two(), 3, "here")).toString()).toBe("abc");
    await expect(collect(two(), 2, "here")).rejects.toThrow(
      expect.objectContaining({
        code: "BENTO_INVALID_INPUT",
        message: "more than 2 bytes",
        where: "here",
      }),
    );
  });
});

describe("verified", () => {
  it("passes promised bytes through, for any bytes", async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array(), async (bytes) => {
        const expected = { digest: digestOf(bytes), size: bytes.length };
        const read = await collect(verified(streamOf(bytes), expected, "here"), 1e6, "here");
        expect(read.equals(bytes)).toBe(true);
      }),
    );
  });

  it("stops at the first byte too many", async () => {
    const given: number[] = [];
    async function* endless(): AsyncGenerator<Uint8Array> {
      for (;;) {
        given.push(1);
        yield Buffer.from("x");
      }
    }
    const reading = collect(
      verified(endless(), { digest: digestOf("xx"), size: 2 }, "here"),
      99,
      "",
    );
    await expect(reading).rejects.toThrow("expected 2 bytes, got more");
    expect(given.length).toBe(3);
  });
});
