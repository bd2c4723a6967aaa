/**
 * Amounts as people write them: memory in Kubernetes' units, bytes and durations for reading.
 *
 * @module
 */
import { BentoError } from "./bento-error.ts";

const MEMORY_UNITS: Readonly<Record<string, number>> = {
  "": 1,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
};

/**
 * Reads `512Mi`, `1Gi`, `1.5G` or plain bytes, as Kubernetes does.
 *
 * @returns bytes, a whole number from 1
 * @throws BentoError BENTO_INVALID_INPUT when it is no such amount
 */
export function parseMemory(text: string): number {
  const match = /^(\d+(?:\.\d+)?)([A-Za-z]{0,2})$/.exec(text);
  const factor = match?.[2] === undefined ? undefined : MEMORY_UNITS[match[2]];
  const bytes = Math.round(Number(match?.[1]) * (factor ?? Number.NaN));
  if (!Number.isSafeInteger(bytes) || bytes < 1) {
    throw new BentoError(
      "BENTO_INVALID_INPUT",
      `not an amount of memory: ${JSON.stringify(text)}`,
      {
        hint: "write it with a unit, e.g. 512Mi or 1Gi",
      },
    );
  }
  return bytes;
}

/** Bytes for people, in powers of 1000: `12.3 MB`. */
export function formatBytes(bytes: number): string {
  const units = ["B", "kB", "MB", "GB", "TB"];
  let amount = bytes;
  let unit = 0;
  while (amount >= 999.5 && unit < units.length - 1) {
    amount /= 1000;
    unit += 1;
  }
  const digits = unit === 0 || amount >= 99.95 ? 0 : 1;
  return `${amount.toFixed(digits)} ${units[unit]}`;
}

/** A length of time for people: `0.4 ms`, `12 ms`, `3.2 s`, `2 min 5 s`. */
export function formatDuration(durationMs: number): string {
  // each limit is where the next smaller unit would round up to a whole of the greater one
  if (durationMs < 9.95) {
    return `${durationMs.toFixed(1)} ms`;
  }
  if (durationMs < 999.5) {
    return `${Math.round(durationMs)} ms`;
  }
  if (durationMs < 59_950) {
    return `${(durationMs / 1000).toFixed(1)} s`;
  }
  const seconds = Math.round(durationMs / 1000);
  return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}
