/**
 * Reads xz streams, with a decoder in WebAssembly that is imported only now. Its window is at most 64 MiB, which is
 * what `xz -9` uses.
 *
 * @module
 */
import type { ByteStream } from "../../oci/chunks.ts";

/**
 * @throws Error when the stream is none, is cut short, has a wrong checksum or wants a larger window
 */
export async function* unxz(source: ByteStream): AsyncGenerator<Uint8Array> {
  const { default: library } = await import("xz-decompress");
  const pieces = source[Symbol.asyncIterator]();
  const packed = ReadableStream.from({ [Symbol.asyncIterator]: () => pieces });
  const reader = new library.XzReadableStream(packed).getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) {
        return;
      }
      yield value;
    }
  } finally {
    await reader.cancel().catch(ignore); // the decoder throws when it had decoded all that was not taken yet …
    await pieces.return?.(); // … and then leaves its source open
  }
}

function ignore(): void {}
