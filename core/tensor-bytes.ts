/**
 * Element types by their names in the Open Inference Protocol, and their elements as raw little-endian bytes.
 *
 * @module
 */

import { allocateCells, type Dtype, type Tensor } from "./tensor.ts";

const NAMES = {
  float32: "FP32",
  float64: "FP64",
  float16: "FP16",
  int8: "INT8",
  int16: "INT16",
  int32: "INT32",
  int64: "INT64",
  uint8: "UINT8",
  uint16: "UINT16",
  uint32: "UINT32",
  uint64: "UINT64",
  bool: "BOOL",
  string: "BYTES",
} as const satisfies Record<Dtype, string>;

/** `FP32` for float32. */
export function datatypeOf(dtype: Dtype): string {
  return NAMES[dtype];
}

/** float32 for `FP32`; undefined for what is no name of the protocol. */
export function dtypeOf(datatype: string): Dtype | undefined {
  const known = Object.keys(NAMES) as Dtype[]; // NAMES has each of them, and no other
  return known.find((dtype) => NAMES[dtype] === datatype);
}

/** {@link readCells} for what a caller sent: no NaN, no infinity, and of bool nothing but 0 and 1. */
export function readFiniteCells<D extends Dtype>(
  dtype: D,
  length: number,
  bytes: Uint8Array,
): Tensor<D>["data"] | string {
  const cells = readCells(dtype, length, bytes);
  return typeof cells === "string" || Array.isArray(cells)
    ? cells
    : (cellProblem(dtype, cells) ?? cells);
}

/** Reads `length` elements, or says why the bytes are none: the message goes to the caller. */
export function readCells<D extends Dtype>(
  dtype: D,
  length: number,
  bytes: Uint8Array,
): Tensor<D>["data"] | string {
  if (dtype === "string") {
    return readTexts(length, bytes) as Tensor<D>["data"] | string;
  }
  const cells = allocateCells(dtype, length) as Exclude<Tensor["data"], string[]>;
  if (cells.byteLength !== bytes.byteLength) {
    return `expected ${cells.byteLength} bytes for ${length} of ${NAMES[dtype]}, got ${bytes.byteLength}`;
  }
  // fresh memory always: a body may lie anywhere, an element only at a multiple of its size
  new Uint8Array(cells.buffer).set(bytes);
  return cells as Tensor<D>["data"];
}

/** The elements as bytes; numbers are a view of the same memory. */
export function writeCells({ data }: Tensor): Uint8Array {
  if (!Array.isArray(data)) {
    return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  }
  return writeTexts(data);
}

function cellProblem(dtype: Dtype, cells: Exclude<Tensor["data"], string[]>): string | undefined {
  const isWrong = WRONG[dtype];
  if (isWrong === undefined) {
    return undefined;
  }
  for (let index = 0; index < cells.length; index += 1) {
    const cell = Number(cells[index]);
    if (isWrong(cell)) {
      return dtype === "bool"
        ? `expected 0 or 1, got ${cell} as element ${index}`
        : `expected finite numbers, got ${dtype === "float16" ? "NaN or infinity" : cell} as element ${index}`;
    }
  }
  return undefined;
}

const isInfinite = (cell: number) => !Number.isFinite(cell);
/** What no element may be, of types whose bytes can hold more than their values. */
const WRONG: Readonly<Partial<Record<Dtype, (cell: number) => boolean>>> = {
  float32: isInfinite,
  float64: isInfinite,
  float16: (bits) => (bits & 0x7c00) === 0x7c00,
  bool: (byte) => byte > 1,
};

/** Each after its length in 4 bytes. */
function writeTexts(texts: readonly string[]): Uint8Array {
  const encoder = new TextEncoder(); // no Buffer: a client may be a browser
  const encoded = texts.map((text) => encoder.encode(text));
  const bytes = new Uint8Array(encoded.reduce((sum, text) => sum + 4 + text.byteLength, 0));
  const view = new DataView(bytes.buffer);
  let at = 0;
  for (const text of encoded) {
    view.setUint32(at, text.byteLength, true);
    bytes.set(text, at + 4);
    at += 4 + text.byteLength;
  }
  return bytes;
}

function readTexts(length: number, bytes: Uint8Array): string[] | string {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  const texts: string[] = [];
  let at = 0;
  while (at < bytes.byteLength) {
    const end = at + 4 <= bytes.byteLength ? at + 4 + view.getUint32(at, true) : undefined;
    if (end === undefined || end > bytes.byteLength || texts.length === length) {
      return `expected ${length} texts, each after its length in 4 bytes; element ${texts.length} does not fit`;
    }
    try {
      texts.push(decoder.decode(bytes.subarray(at + 4, end)));
    } catch {
      return `expected UTF-8 texts, got other bytes as element ${texts.length}`;
    }
    at = end;
  }
  return texts.length === length ? texts : `expected ${length} texts, got ${texts.length}`;
}
