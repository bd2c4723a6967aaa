/**
 * Seeded random numbers in separate streams: what one part of a simulation draws never moves what another one draws, so
 * that policies are compared on the same arrivals and the same noise.
 *
 * @module
 */

/** Numbers from 0 (inclusive) to 1 (exclusive). */
export type Random = () => number;

/** A stream of its own for each seed and name (mulberry32). */
export function randomStream(seed: number, name: string): Random {
  let state = mix(seed ^ hashOf(name));
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    return fractionOf(state);
  };
}

/** The number at a place of a stream, whatever was drawn before. */
export function randomAt(seed: number, index: number): number {
  return fractionOf(mix(seed) ^ mix(index + 0x9e3779b9));
}

/** Mean 1. */
export function exponential(random: Random): number {
  return -Math.log(1 - random());
}

/** Mean 0, variance 1 (Box and Muller). */
export function normal(u: number, v: number): number {
  return Math.sqrt(-2 * Math.log(1 - u)) * Math.cos(2 * Math.PI * v);
}

/** Mean `shape`, scale 1 (Marsaglia and Tsang). */
export function gamma(random: Random, shape: number): number {
  if (shape < 1) {
    return gamma(random, shape + 1) * (1 - random()) ** (1 / shape);
  }
  const d = shape - 1 / 3;
  const c = 1 / Math.sqrt(9 * d);
  for (;;) {
    const x = normal(random(), random());
    const v = (1 + c * x) ** 3;
    if (v > 0 && Math.log(1 - random()) < (x * x) / 2 + d - d * v + d * Math.log(v)) {
      return d * v;
    }
  }
}

/** FNV-1a over the UTF-16 units of a text. */
export function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index += 1) {
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  }
  return hash >>> 0;
}

function mix(value: number): number {
  let h = value | 0;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

function fractionOf(state: number): number {
  let t = Math.imul(state ^ (state >>> 15), state | 1);
  t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
  return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
}
