/**
 * Reads a stream by counted bytes. What is not asked for stays in the source.
 *
 * @module
 */
import type { ByteStream } from "./chunks.ts";

export interface ByteReader {
  /** The next `count` bytes, fewer at the end of the source. */
  read(count: number): Promise<Buffer>;
  /** The next `count` bytes in pieces, fewer at the end of the source. */
  pieces(count: number): AsyncGenerator<Uint8Array, void, undefined>;
  /** Drops the source. */
  close(): Promise<void>;
}

export function byteReader(source: ByteStream): ByteReader {
  const iterator = source[Symbol.asyncIterator]();
  let rest: Uint8Array = Buffer.alloc(0);

  async function* pieces(count: number): AsyncGenerator<Uint8Array, void, undefined> {
    let wanted = count;
    while (wanted > 0) {
      if (rest.length === 0) {
        const next = await iterator.next();
        if (next.done === true) {
          return;
        }
        rest = next.value;
      }
      const piece = rest.subarray(0, wanted);
      rest = rest.subarray(piece.length);
      wanted -= piece.length;
      yield piece;
    }
  }

  return {
    pieces,
    async read(count) {
      const found: Uint8Array[] = [];
      for await (const piece of pieces(count)) {
        found.push(piece);
      }
      return Buffer.concat(found);
    },
    async close() {
      await iterator.return?.();
    },
  };
}
