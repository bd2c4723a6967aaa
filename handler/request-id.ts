/**
 * The name of a request in headers and logs: the caller's own where it is harmless there, else a new one.
 *
 * @module
 */
/** What stands in a header and a log line without quoting: 1–128 of letters, digits and `. _ : ~ / + = @ -`. */
const SANE = /^[A-Za-z0-9._:~/+=@-]{1,128}$/;

/** @param given - the caller's X-Request-Id */
export function chooseRequestId(given: string | undefined, create: () => string): string {
  return given !== undefined && SANE.test(given) ? given : create();
}

/** "00" to "ff". */
const BYTES = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"));

/** A UUID of version 4. It names a request and guards nothing, so that Node's cryptography need not be loaded for it. */
export function randomRequestId(): string {
  const version = 0x40 | (random32() & 0x0f);
  const variant = 0x80 | (random32() & 0x3f);
  const [a, b, c] = [random32(), random32(), random32()];
  return `${hex(a)}${hex(a >>> 8)}${hex(a >>> 16)}${hex(a >>> 24)}-${hex(b)}${hex(b >>> 8)}-${hex(version)}${hex(b >>> 16)}-${hex(variant)}${hex(b >>> 24)}-${hex(c)}${hex(c >>> 8)}${hex(c >>> 16)}${hex(c >>> 24)}${hex(random32())}${hex(random32())}`;
}

function random32(): number {
  return (Math.random() * 2 ** 32) >>> 0;
}

function hex(byte: number): string {
  return BYTES[byte & 0xff] ?? "00";
}
