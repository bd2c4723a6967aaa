/**
 * Reads protobuf's wire format from a source of bytes, field by field. A field that nobody asks for is skipped by its
 * length and never read, so that gigabytes of weights cost nothing.
 *
 * @module
 */
import { BentoError } from "./bento-error.ts";

/** Bytes that can be read in any order, such as an open file. */
export interface ByteSource {
  /** Length in bytes. */
  readonly size: number;
  /**
   * Exactly `length` bytes from `offset`, or fewer when the source ends sooner. They are kept for a while, so
   * that later calls must not change them.
   */
  read(offset: number, length: number): Uint8Array;
}

/** One field of a message; its payload is not read yet. */
export interface WireField {
  readonly number: number;
  /** A varint's value, exact up to 2^53; 0 for other kinds. Negative 64-bit numbers come out above 2^63. */
  readonly value: number;
  /** True when the payload is bytes: a text, a message or a packed list. */
  readonly hasBytes: boolean;
  /** Offset of the payload. */
  readonly start: number;
  /** Offset after the payload. */
  readonly end: number;
}

/** Where a message stands in its source, in bytes. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

const WINDOW_BYTES = 64 * 1024;
const LONGEST_TEXT_BYTES = 64 * 1024;

/** A cursor-less reader: every method takes the place that it reads from. */
export interface WireReader {
  /**
   * The fields of the message in `range`, in order.
   *
   * @throws BentoError BENTO_INVALID_MODEL when the bytes are no message that fills the range
   */
  fields(range: ByteRange): Generator<WireField, void>;
  /**
   * A field's payload as UTF-8.
   *
   * @throws BentoError BENTO_INVALID_MODEL when it is not UTF-8, is no text field, or is longer than a name may be
   */
  text(field: WireField): string;
}

/** A reader that holds one window of 64 KiB in memory, whatever the size of the source. */
export function wireReader(source: ByteSource): WireReader {
  const byteAt = bytesThroughWindow(source);

  function* fields(range: ByteRange): Generator<WireField, void> {
    let offset = range.start;
    while (offset < range.end) {
      const key = readVarint(byteAt, { start: offset, end: range.end });
      const field = readField(byteAt, key, range.end);
      yield field;
      offset = field.end;
    }
  }

  function text(field: WireField): string {
    const length = field.end - field.start;
    if (!field.hasBytes || length > LONGEST_TEXT_BYTES) {
      throw broken(`no name stands at byte ${field.start}`);
    }
    const bytes = source.read(field.start, length);
    try {
      return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    } catch (cause) {
      throw broken(`no UTF-8 text stands at byte ${field.start}`, cause);
    }
  }

  return { fields, text };
}

function bytesThroughWindow(source: ByteSource): (offset: number) => number {
  let window: Uint8Array = new Uint8Array();
  let windowStart = 0;
  return (offset) => {
    const cached = window[offset - windowStart];
    if (cached !== undefined) {
      return cached;
    }
    windowStart = offset;
    window = source.read(offset, Math.min(WINDOW_BYTES, source.size - offset));
    const byte = window[0];
    if (byte === undefined) {
      throw broken(`it ends at byte ${offset}`);
    }
    return byte;
  };
}

interface Varint {
  readonly value: number;
  /** Offset after it. */
  readonly end: number;
}

function readVarint(byteAt: (offset: number) => number, range: ByteRange): Varint {
  let value = 0;
  let factor = 1;
  for (let index = 0; index < 10; index += 1) {
    const offset = range.start + index;
    if (offset >= range.end) {
      throw broken(`a number is cut off at byte ${range.end}`);
    }
    const byte = byteAt(offset);
    value += (byte & 0x7f) * factor;
    if (byte < 0x80) {
      return { value, end: offset + 1 };
    }
    factor *= 128;
  }
  throw broken(`no number stands at byte ${range.start}`);
}

function readField(byteAt: (offset: number) => number, key: Varint, limit: number): WireField {
  const number = Math.floor(key.value / 8);
  const wireType = key.value % 8;
  if (number === 0 || number > 0x1fff_ffff) {
    throw broken(`no field starts before byte ${key.end}`);
  }
  if (wireType === 0) {
    const { value, end } = readVarint(byteAt, { start: key.end, end: limit });
    return { number, value, hasBytes: false, start: key.end, end };
  }
  const payload = payloadRange(byteAt, { key, wireType, limit });
  if (payload.end > limit) {
    throw broken(`it ends at byte ${limit}, where a field reaches to byte ${payload.end}`);
  }
  return { number, value: 0, hasBytes: wireType === 2, ...payload };
}

function payloadRange(
  byteAt: (offset: number) => number,
  { key, wireType, limit }: { key: Varint; wireType: number; limit: number },
): ByteRange {
  switch (wireType) {
    case 1:
      return { start: key.end, end: key.end + 8 };
    case 5:
      return { start: key.end, end: key.end + 4 };
    case 2: {
      const length = readVarint(byteAt, { start: key.end, end: limit });
      return { start: length.end, end: length.end + length.value };
    }
    default:
      throw broken(`no field starts before byte ${key.end}`);
  }
}

/** The error for bytes that are no ONNX file; `why` continues the sentence. */
export function broken(why: string, cause?: unknown): BentoError {
  return new BentoError("BENTO_INVALID_MODEL", `not a readable ONNX file: ${why}`, {
    hint: "the file is damaged, cut short or of another kind; export it again, and compare its size with the original",
    cause,
  });
}
