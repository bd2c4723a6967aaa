/**
 * Two things measured in turn, A B A B, so that what the machine does meanwhile meets both; a fixed piece of work between
 * them tells how much that was.
 *
 * @module
 */
import { performance } from "node:perf_hooks";
import { type Estimate, estimate, median } from "./statistics.ts";

export interface PairedRatio extends Estimate {
  /** Median of A and of B by themselves. */
  readonly a: number;
  readonly b: number;
  /** Pairs left out because the machine's own speed changed by more than a tenth within them. */
  readonly discarded: number;
}

/** B ÷ A. Where fewer than three quiet pairs are left, all are kept. */
export async function pairedRatio(
  count: number,
  a: () => Promise<number>,
  b: () => Promise<number>,
): Promise<PairedRatio> {
  const pairs: { readonly a: number; readonly b: number; readonly isQuiet: boolean }[] = [];
  for (let index = 0; index < count; index += 1) {
    const before = spinMs();
    const first = await (index % 2 === 0 ? a() : b());
    const second = await (index % 2 === 0 ? b() : a());
    const after = spinMs();
    const isQuiet = Math.abs(after - before) <= 0.1 * Math.min(before, after);
    pairs.push(
      index % 2 === 0 ? { a: first, b: second, isQuiet } : { a: second, b: first, isQuiet },
    );
  }
  const quiet = pairs.filter((pair) => pair.isQuiet);
  const kept = quiet.length >= 3 ? quiet : pairs;
  return {
    ...estimate(kept.map((pair) => pair.b / pair.a)),
    a: median(kept.map((pair) => pair.a)),
    b: median(kept.map((pair) => pair.b)),
    discarded: pairs.length - kept.length,
  };
}

/** The shortest of three, so that one interruption does not count. */
function spinMs(): number {
  return Math.min(spin(), spin(), spin());
}

function spin(): number {
  const startedAt = performance.now();
  let sum = 0;
  for (let index = 0; index < 2_000_000; index += 1) {
    sum += index % 7;
  }
  return performance.now() - startedAt + (sum < 0 ? 1 : 0);
}
