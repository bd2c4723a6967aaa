/**
 * The bars that the batcher must reach in simulation, each with the worst case found: met or missed, and by how much.
 *
 * @module
 */
import type { Cell } from "./grid.ts";
import type { CellResult } from "./run-cell.ts";
import type { ScenarioResult } from "./scenarios.ts";

export interface Verdict {
  readonly figure: string;
  readonly bar: string;
  /** The worst that was found. */
  readonly value: number;
  readonly isMet: boolean;
  /** How far beyond the bar the worst is, as a share of it; 0 where it is met. */
  readonly missedBy: number;
  /** How many of the cases miss it. */
  readonly misses: number;
  readonly cases: number;
  /** Where the worst was found. */
  readonly where: string;
  /** All that miss it, the worst first. */
  readonly failing: readonly { readonly where: string; readonly value: number }[];
}

interface Case {
  readonly where: string;
  readonly value: number;
}

export function judge(
  cells: readonly CellResult[],
  scenarios: readonly ScenarioResult[],
): Verdict[] {
  const overload = cells.filter(({ cell }) => cell.arrivals === "poisson" && cell.rho > 1);
  const bursts = scenarios.filter(({ scenario }) => scenario.startsWith("burst"));
  return [
    atMost("idle p50 ÷ unbatched", 1.02, [...idleRatios(cells), ...singleCallers(scenarios)]),
    atLeast("goodput ÷ FIFO ceiling at 1.2–4×", 0.9, overload.flatMap(ceilingRatio)),
    atMost("late share at 1.2–4×", 0.005, overload.flatMap(lateShare)),
    atLeast("goodput ÷ BentoML's controller, every cell", 0.95, cells.flatMap(rivalRatio)),
    atMost("livelocks", 0, [...cells.map(locks), ...scenarios.map(scenarioLocks)]),
    atMost("503s in a burst of 200 after a quiet minute", 0, bursts.map(refusals)),
  ];
}

export function whereOf({ arrivals, ratio, deadlines, rho }: Cell): string {
  return `${arrivals} α/β ${ratio} D/t(1) ${deadlines} ρ ${rho}`;
}

function idleRatios(cells: readonly CellResult[]): Case[] {
  return cells
    .filter(({ cell }) => cell.arrivals === "poisson" && cell.rho === 0.02)
    .flatMap(({ cell, policies: { ours, none } }) =>
      ours && none ? [{ where: whereOf(cell), value: ours.p50Ms / none.p50Ms }] : [],
    );
}

/** One caller who waits for each answer leaves the runner idle too. */
function singleCallers(scenarios: readonly ScenarioResult[]): Case[] {
  return scenarios.flatMap(({ scenario, case: name, policies: { ours, none } }) =>
    scenario === "closed loop" && name.includes(", 1 client,") && ours && none
      ? [{ where: `${scenario}: ${name}`, value: ours.p50Ms / none.p50Ms }]
      : [],
  );
}

function ceilingRatio({ cell, bounds, policies: { ours } }: CellResult): Case[] {
  return ours && bounds.fifo > 0
    ? [{ where: whereOf(cell), value: ours.goodRowsPerS / bounds.fifo }]
    : [];
}

function lateShare({ cell, policies: { ours } }: CellResult): Case[] {
  return ours ? [{ where: whereOf(cell), value: ours.lateShare }] : [];
}

function rivalRatio({ cell, policies: { ours, cork } }: CellResult): Case[] {
  return ours && cork && cork.goodRowsPerS > 0
    ? [{ where: whereOf(cell), value: ours.goodRowsPerS / cork.goodRowsPerS }]
    : [];
}

function locks({ cell, policies: { ours } }: CellResult): Case {
  return { where: whereOf(cell), value: ours?.livelocks ?? 0 };
}

function scenarioLocks({ scenario, case: name, policies: { ours } }: ScenarioResult): Case {
  return { where: `${scenario}: ${name}`, value: ours?.livelocks ?? 0 };
}

function refusals({ case: name, policies: { ours } }: ScenarioResult): Case {
  const value = (ours?.rejectedAtOnce ?? 0) + (ours?.rejectedAfterWait ?? 0);
  return { where: name, value };
}

function atLeast(figure: string, bar: number, cases: readonly Case[]): Verdict {
  return verdict({ figure, bar, sign: -1, cases });
}

function atMost(figure: string, bar: number, cases: readonly Case[]): Verdict {
  return verdict({ figure, bar, sign: 1, cases });
}

function verdict(options: {
  readonly figure: string;
  readonly bar: number;
  /** 1 where more is worse. */
  readonly sign: 1 | -1;
  readonly cases: readonly Case[];
}): Verdict {
  const { figure, bar, sign, cases } = options;
  const sorted = cases.toSorted((a, b) => sign * (b.value - a.value));
  const failing = sorted.filter(({ value }) => !(sign * (value - bar) <= 0));
  const [worst] = sorted;
  const value = worst?.value ?? Number.NaN;
  const isMet = cases.length > 0 && failing.length === 0;
  return {
    figure,
    bar: `${sign === 1 ? "≤" : "≥"} ${bar}`,
    value,
    isMet,
    missedBy: isMet ? 0 : Math.abs(value - bar) / Math.max(bar, Number.MIN_VALUE),
    misses: failing.length,
    cases: cases.length,
    where: worst?.where ?? "no case",
    failing,
  };
}
