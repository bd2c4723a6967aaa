/**
 * Memory for the inputs of batches, used again and again: a buffer goes to a worker thread with a batch and comes back
 * with its results, so that no batch pays for fresh pages. What is taken holds whatever was last in it.
 *
 * @module
 */
import { allocateCells, type Cells, type Dtype } from "../../core/tensor.ts";

/** Smaller ones are not worth telling apart. */
const SMALLEST_BYTES = 1024;

/** Of one capacity; as many as runs are ever under way at once come back, and few more are of use. */
const MOST_KEPT = 8;

export class BufferPool {
  /** By capacity, a power of two. */
  readonly #free = new Map<number, ArrayBuffer[]>();

  /**
   * An array for `length` elements, on memory of the pool. Its cells are not cleared. Texts are no memory and always
   * fresh.
   */
  take<D extends Dtype>(dtype: D, length: number): Cells[D] {
    const empty = allocateCells(dtype, 0);
    if (Array.isArray(empty)) {
      return allocateCells(dtype, length);
    }
    const bytes = length * empty.BYTES_PER_ELEMENT;
    const capacity = Math.max(SMALLEST_BYTES, 2 ** Math.ceil(Math.log2(Math.max(bytes, 1))));
    const buffer = this.#free.get(capacity)?.pop() ?? new ArrayBuffer(capacity);
    const onBuffer = empty.constructor as new (buffer: ArrayBuffer, at: number, n: number) => never;
    return new onBuffer(buffer, 0, length);
  }

  /** Takes memory back that nobody reads any more. Memory that was moved elsewhere is let go. */
  give(buffer: ArrayBuffer): void {
    const capacity = buffer.byteLength;
    if (capacity < SMALLEST_BYTES || !Number.isInteger(Math.log2(capacity))) {
      return; // not the pool's
    }
    const kept = this.#free.get(capacity) ?? [];
    if (kept.length < MOST_KEPT && !kept.includes(buffer)) {
      kept.push(buffer);
      this.#free.set(capacity, kept);
    }
  }
}
