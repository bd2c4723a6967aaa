/**
 * One element of a tensor: what it may be, how it lies in memory, and how JSON writes it.
 *
 * @module
 */
import { FLOAT16_OVERFLOW, fromFloat16Bits, toFloat16Bits } from "./float16.ts";
import { show } from "./show.ts";
import type { Dtype } from "./tensor.ts";

/** Lowest and highest whole number of each integer type; of 64 bits, what a JavaScript number holds exactly. */
export const INTEGER_RANGES: Readonly<Partial<Record<Dtype, readonly [number, number]>>> = {
  int8: [-128, 127],
  int16: [-32_768, 32_767],
  int32: [-(2 ** 31), 2 ** 31 - 1],
  int64: [Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER],
  uint8: [0, 255],
  uint16: [0, 65_535],
  uint32: [0, 2 ** 32 - 1],
  uint64: [0, Number.MAX_SAFE_INTEGER],
};

export type JsonScalar = "string" | "boolean" | "number";

/** `typeof` of the element as JSON has it. */
export function jsonScalarOf(dtype: Dtype): JsonScalar {
  return dtype === "string" ? "string" : dtype === "bool" ? "boolean" : "number";
}

/** Why a value of JSON cannot be an element, or undefined when it can: its kind, a whole number's range, infinity. */
export function elementProblem(dtype: Dtype, value: unknown): string | undefined {
  const expected = jsonScalarOf(dtype);
  // `expected` is one of typeof’s words
  if (typeof value !== expected) {
    return `expected a ${expected}, got ${show(value)}`;
  }
  return typeof value === "number" ? numberProblem(dtype, value) : undefined;
}

/** Why a text cannot be an element: one with half of a surrogate pair is not the same in UTF-8. */
export function textProblem(text: string): string | undefined {
  return text.isWellFormed()
    ? undefined
    : `expected a text that is whole in Unicode, got ${show(text)} with half of a surrogate pair`;
}

/** Why a number cannot be an element: what {@link elementProblem} says of numbers. */
export function numberProblem(dtype: Dtype, value: number): string | undefined {
  const range = INTEGER_RANGES[dtype];
  if (range !== undefined) {
    return Number.isInteger(value) && value >= range[0] && value <= range[1]
      ? undefined
      : `expected ${withArticle(dtype)} from ${range[0]} to ${range[1]}, got ${value}`;
  }
  if (!Number.isFinite(value)) {
    return `expected a finite number, got ${value}`;
  }
  const isTooLarge =
    dtype === "float16"
      ? Math.abs(value) >= FLOAT16_OVERFLOW
      : dtype === "float32" && !Number.isFinite(Math.fround(value));
  return isTooLarge ? `expected a number that fits into ${dtype}, got ${value}` : undefined;
}

/** The value in a tensor's array; `value` has passed {@link elementProblem}, or is a number for a float type. */
export function toCell(dtype: Dtype, value: unknown): unknown {
  switch (dtype) {
    case "int64":
    case "uint64":
      return BigInt(Number(value));
    case "float16":
      return toFloat16Bits(Number(value));
    case "bool":
      return Number(value);
    default:
      return value;
  }
}

/** The value as JSON has it; a 64-bit integer may lose its last digits, which {@link elementProblem} then reports. */
export function fromCell(dtype: Dtype, cell: unknown): unknown {
  switch (dtype) {
    case "int64":
    case "uint64":
      return Number(cell);
    case "float16":
      return fromFloat16Bits(Number(cell));
    case "bool":
      return cell !== 0;
    default:
      return cell;
  }
}

function withArticle(dtype: Dtype): string {
  return dtype.startsWith("int") ? `an ${dtype}` : `a ${dtype}`;
}
