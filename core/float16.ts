/**
 * Half-precision numbers as their 16 bits: tensors of them hold the bits, people and JSON the number.
 *
 * @module
 */
/** From here on a number rounds to infinity. */
export const FLOAT16_OVERFLOW = 65_520;

/**
 * The bits of the half nearest to a number; ties go to the even one.
 *
 * @returns 0 to 65535; infinity's bits from {@link FLOAT16_OVERFLOW} on
 */
export function toFloat16Bits(value: number): number {
  if (Number.isNaN(value)) {
    return 0x7e00;
  }
  const sign = value < 0 || Object.is(value, -0) ? 0x8000 : 0;
  const size = Math.abs(value);
  if (size >= FLOAT16_OVERFLOW) {
    return sign | 0x7c00;
  }
  // the last place of a half at this size; below 2^-14 all halves are equally far apart
  const exponent = Math.max(-14, exponentOf(size));
  const places = roundToEven(size / 2 ** (exponent - 10));
  // `places` counts the implied bit where there is one, so that a carry moves the exponent by itself
  return sign | (((exponent + 14) << 10) + places);
}

/**
 * The number that 16 bits stand for.
 *
 * @param bits - 0 to 65535
 */
export function fromFloat16Bits(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >>> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0x1f) {
    return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  }
  return exponent === 0
    ? sign * fraction * 2 ** -24
    : sign * (1024 + fraction) * 2 ** (exponent - 25);
}

function exponentOf(size: number): number {
  if (size < 2 ** -14) {
    return -14;
  }
  const exponent = Math.floor(Math.log2(size));
  return 2 ** exponent > size
    ? exponent - 1
    : 2 ** (exponent + 1) <= size
      ? exponent + 1
      : exponent;
}

function roundToEven(value: number): number {
  const floor = Math.floor(value);
  const rest = value - floor;
  return rest > 0.5 || (rest === 0.5 && floor % 2 === 1) ? floor + 1 : floor;
}
