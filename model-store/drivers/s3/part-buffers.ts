/**
 * Cuts a stream into parts for sending. Their buffers are filled again once a part was sent: so many exist as are on
 * their way, whatever the length of the whole.
 *
 * @module
 */

/** Bytes on their way. */
export interface Part {
  /** From 1. */
  readonly number: number;
  /** Not to be read after {@link release}. */
  readonly bytes: Buffer;
  /** Says that the bytes are needed no more. */
  release(): void;
}

/** @param partBytes - length of a part; the last one is shorter */
export async function* cutIntoParts(
  source: AsyncIterable<Uint8Array>,
  partBytes: number,
): AsyncGenerator<Part, void> {
  const free: Buffer[] = [];
  const take = () => free.pop() ?? Buffer.allocUnsafeSlow(partBytes);
  let [number, filled, buffer] = [0, 0, take()];
  const next = (): Part => {
    const full = buffer;
    const bytes = full.subarray(0, filled);
    number += 1;
    return { number, bytes, release: () => void free.push(full) };
  };
  for await (const piece of source) {
    for (let from = 0; from < piece.length; ) {
      const taken = Math.min(piece.length - from, partBytes - filled);
      buffer.set(piece.subarray(from, from + taken), filled);
      from += taken;
      filled += taken;
      if (filled === partBytes) {
        yield next();
        [filled, buffer] = [0, take()];
      }
    }
  }
  if (filled > 0) {
    yield next();
  }
}
