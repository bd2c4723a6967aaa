/**
 * The grid of workloads: how a batch's cost splits into fixed and per-row parts, how tight the deadline is, how high the
 * load, and how requests come. One row costs 5 ms everywhere; all else is scaled to it.
 *
 * @module
 */
import { ARRIVAL_KINDS, type ArrivalKind } from "./arrivals.ts";
import type { Line } from "./executor.ts";
import { MAIN_POLICIES, POLICY_NAMES, type PolicyName } from "./policies/catalog.ts";

export interface Cell {
  readonly arrivals: ArrivalKind;
  /** α ÷ β. */
  readonly ratio: number;
  /** D ÷ t(1). */
  readonly deadlines: number;
  /** λβ: load against what endless batches could do. */
  readonly rho: number;
}

export interface Plan {
  readonly cells: readonly Cell[];
  readonly seeds: readonly number[];
  /** A run lasts for so many requests, within these times. */
  readonly requests: number;
  readonly leastMs: number;
  readonly mostMs: number;
  policiesOf(cell: Cell): readonly PolicyName[];
}

export const ONE_ROW_MS = 5;
export const MAX_BATCH_SIZE = 1024;

const RATIOS = [0.1, 0.5, 2, 10, 50];
const DEADLINES = [4, 10, 40];
const LOADS = [0.02, 0.1, 0.3, 0.5, 0.7, 0.85, 0.95, 1.2, 2, 4];
/** For arrivals other than Poisson, unless all is asked for. */
const FEW_LOADS = [0.3, 0.85, 2];

export interface PlanOptions {
  /** Everything: all policies and loads with all arrivals, over long times. */
  readonly isFull: boolean;
  /** @default 3, or 12 in full */
  readonly seeds?: number | undefined;
}

export function planOf({ isFull, seeds = isFull ? 12 : 3 }: PlanOptions): Plan {
  const loadsOf = (kind: ArrivalKind) => (isFull || kind === "poisson" ? LOADS : FEW_LOADS);
  const cells = ARRIVAL_KINDS.flatMap((arrivals) =>
    RATIOS.flatMap((ratio) =>
      DEADLINES.flatMap((deadlines) =>
        loadsOf(arrivals).map((rho) => ({ arrivals, ratio, deadlines, rho })),
      ),
    ),
  );
  return {
    cells,
    seeds: Array.from({ length: seeds }, (_, index) => index + 1),
    requests: isFull ? 200_000 : 20_000,
    leastMs: 5000,
    mostMs: isFull ? 120_000 : 60_000,
    policiesOf: ({ arrivals }) => (isFull || arrivals === "poisson" ? POLICY_NAMES : MAIN_POLICIES),
  };
}

export function lineOf({ ratio }: Pick<Cell, "ratio">): Line {
  const betaMs = ONE_ROW_MS / (1 + ratio);
  return { alphaMs: ratio * betaMs, betaMs };
}

export function deadlineOf({ deadlines }: Pick<Cell, "deadlines">): number {
  return deadlines * ONE_ROW_MS;
}
