/**
 * One line of the table that a measurement ends with, and the two ways to read it.
 *
 * @module
 */
import type { Estimate } from "./statistics.ts";

export interface Figure {
  readonly name: string;
  readonly value: number;
  /** Bootstrap interval, or none for a count. */
  readonly low?: number;
  readonly high?: number;
  /** What it is held to; none is a figure for reading only. */
  readonly bar?: { readonly kind: "least" | "most"; readonly value: number };
  readonly note?: string;
}

export type Verdict = "PASS" | "MISS" | "–";

export function figureOf(
  name: string,
  { median, low, high }: Estimate,
  rest: Pick<Figure, "bar" | "note">,
): Figure {
  return { name, value: median, low, high, ...rest };
}

export const atLeast = (value: number) => ({ kind: "least", value }) as const;
export const atMost = (value: number) => ({ kind: "most", value }) as const;

export function verdictOf({ bar, value }: Figure): Verdict {
  if (bar === undefined) {
    return "–";
  }
  const isReached = bar.kind === "least" ? value >= bar.value : value <= bar.value;
  return isReached ? "PASS" : "MISS"; // NaN is a miss
}

export function formatTable(figures: readonly Figure[]): string {
  const rows = figures.map((figure) => [
    figure.name,
    short(figure.value),
    figure.low === undefined || figure.high === undefined
      ? ""
      : `${short(figure.low)}–${short(figure.high)}`,
    figure.bar === undefined
      ? ""
      : `${figure.bar.kind === "least" ? "≥" : "≤"} ${figure.bar.value}`,
    verdictOf(figure),
    figure.note ?? "",
  ]);
  const all = [["figure", "measured", "95 % interval", "bar", "", "how"], ...rows];
  const lines = all.map((row) => `| ${row.join(" | ")} |`);
  return [lines[0], "| --- | --- | --- | --- | --- | --- |", ...lines.slice(1)].join("\n");
}

/** Three digits that count. */
function short(value: number): string {
  return Number.isFinite(value) ? String(Number(value.toPrecision(3))) : String(value);
}
