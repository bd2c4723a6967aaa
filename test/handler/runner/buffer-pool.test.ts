import { describe, expect, it } from "vitest";
import { DTYPES } from "../../../core/tensor-spec.ts";
import { BufferPool } from "../../../handler/runner/buffer-pool.ts";

const memoryOf = (cells: unknown) => (cells as Float32Array).buffer as ArrayBuffer;

describe("BufferPool", () => {
  it.each(DTYPES)("gives cells of %s, as many as asked for", (dtype) => {
    const pool = new BufferPool();
    expect(pool.take(dtype, 300).length).toBe(300);
    expect(pool.take(dtype, 0).length).toBe(0);
  });

  it("gives memory out again that came back, whatever the type", () => {
    const pool = new BufferPool();
    const first = pool.take("float32", 1000);
    pool.give(memoryOf(first));
    const second = pool.take("int64", 400);
    expect(memoryOf(second)).toBe(memoryOf(first));
    expect(memoryOf(pool.take("int64", 400))).not.toBe(memoryOf(first));
  });

  it("gives no memory out twice", () => {
    const pool = new BufferPool();
    const memory = memoryOf(pool.take("uint8", 10));
    pool.give(memory);
    pool.give(memory);
    expect(memoryOf(pool.take("uint8", 10))).toBe(memory);
    expect(memoryOf(pool.take("uint8", 10))).not.toBe(memory);
  });

  it("lets memory go that is not its own, or was moved away", () => {
    const pool = new BufferPool();
    const odd = new ArrayBuffer(1500);
    const moved = memoryOf(pool.take("uint8", 2000));
    structuredClone(moved, { transfer: [moved] });
    pool.give(odd);
    pool.give(moved);
    expect(memoryOf(pool.take("uint8", 1500))).not.toBe(odd);
    expect(memoryOf(pool.take("uint8", 2000)).byteLength).toBe(2048);
  });
});
