/**
 * The results as a page of tables, and as one JSON document with a row a policy and case.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { deadlineOf, lineOf, type Plan } from "./grid.ts";
import { type Verdict, whereOf } from "./judge.ts";
import { POLICY_NAMES } from "./policies/catalog.ts";
import type { CellResult, Figures } from "./run-cell.ts";
import type { ScenarioResult } from "./scenarios.ts";

export interface Results {
  readonly plan: Plan;
  readonly verdicts: readonly Verdict[];
  readonly cells: readonly CellResult[];
  readonly scenarios: readonly ScenarioResult[];
}

/** Of all figures and of the order of all outcomes: the same on every run. */
export function hashOfResults({ cells, scenarios }: Results): string {
  return createHash("sha256").update(JSON.stringify({ cells, scenarios })).digest("hex");
}

/** One line a row, so that changes can be read. */
export function formatJson(results: Results): string {
  const { plan, verdicts, cells, scenarios } = results;
  const head = {
    seeds: plan.seeds,
    requests: plan.requests,
    leastMs: plan.leastMs,
    mostMs: plan.mostMs,
    hash: hashOfResults(results),
  };
  const lines = (rows: readonly unknown[]) =>
    `[\n${rows.map((row) => JSON.stringify(row, short)).join(",\n")}\n]`;
  return `{
"plan": ${JSON.stringify(head)},
"verdicts": ${lines(verdicts)},
"cells": ${lines(cells)},
"scenarios": ${lines(scenarios)}
}
`;
}

/** Four digits are what the noise leaves; NaN (nothing was answered) becomes null. */
function short(_key: string, value: unknown): unknown {
  return typeof value === "number" && !Number.isInteger(value)
    ? Number(value.toPrecision(4))
    : value;
}

export function formatVerdicts(verdicts: readonly Verdict[]): string {
  const rows = verdicts.map((verdict) => [
    verdict.isMet ? "PASS" : "MISS",
    verdict.figure,
    verdict.bar,
    number(verdict.value, 4),
    verdict.isMet ? "" : byHowMuch(verdict),
    `${verdict.misses} of ${verdict.cases}`,
    verdict.where,
  ]);
  const head = ["", "figure", "bar", "worst", "missed by", "cases that miss", "worst case"];
  return table(head, rows);
}

/** Where the bar is 0 there is no share of it. */
function byHowMuch({ bar, value, missedBy }: Verdict): string {
  return bar.endsWith(" 0") ? number(value, 4) : percent(missedBy);
}

export function formatPage(results: Results): string {
  const { plan, verdicts, cells, scenarios } = results;
  const parts = [
    "# The batcher in simulation",
    `\`npm run sim\`, seeds ${plan.seeds.join(", ")}; ${plan.requests} requests a run within ${plan.leastMs / 1000}–${plan.mostMs / 1000} s of virtual time, the first fifth not measured. Noise: 8 % lognormal, 0.5 % of runs take three times as long. Hash of all outcomes: \`${hashOfResults(results)}\`.`,
    "## Bars",
    formatVerdicts(verdicts),
    ...verdicts.flatMap(missesOf),
    "## Poisson arrivals: ours, BentoML's controller, ceilings",
    "Good rows a second. FIFO ceiling (1−2α/D)/β, early-drop bound and hard ceiling (1−α/D)/β, none above the load. `drop-oldest` knows the true cost and gives up those who came first once a free runner cannot serve them in time.",
    ...groups(cells.filter(({ cell }) => cell.arrivals === "poisson")).map(rivalTable),
    "## Poisson arrivals: share of requests answered in time, every policy",
    policyTable(cells.filter(({ cell }) => cell.arrivals === "poisson")),
    "## Other arrivals",
    otherTable(cells.filter(({ cell }) => cell.arrivals !== "poisson")),
    ...scenarioNames(scenarios).flatMap((name) => [
      `## ${name.charAt(0).toUpperCase()}${name.slice(1)}`,
      scenarioTable(scenarios.filter(({ scenario }) => scenario === name)),
    ]),
  ];
  return `${parts.join("\n\n")}\n`;
}

function missesOf({ figure, bar, failing }: Verdict): string[] {
  if (failing.length === 0) {
    return [];
  }
  const rows = failing.map(({ where, value }) => [where, number(value, 4)]);
  return [`### Missed: ${figure} ${bar}`, table(["case", "value"], rows)];
}

function groups(cells: readonly CellResult[]): CellResult[][] {
  const keyOf = ({ cell }: CellResult) => `${cell.ratio} ${cell.deadlines}`;
  return [...new Set(cells.map(keyOf))].map((key) => cells.filter((cell) => keyOf(cell) === key));
}

function rivalTable(cells: readonly CellResult[]): string {
  const [first] = cells;
  if (first === undefined) {
    return "";
  }
  const { cell } = first;
  const { alphaMs, betaMs } = lineOf(cell);
  const title = `### α/β ${cell.ratio}, D/t(1) ${cell.deadlines} (α ${number(alphaMs, 3)} ms, β ${number(betaMs, 3)} ms, D ${deadlineOf(cell)} ms)`;
  const head = [
    ...["ρ", "offered/s", "FIFO", "early-drop", "hard", "ours", "÷ FIFO", "BentoML", "ours ÷"],
    ...[
      "drop-oldest",
      "late ours",
      "BentoML",
      "p50 ours",
      "BentoML",
      "p99 ours",
      "BentoML",
      "batch ours",
    ],
    ...["BentoML", "rejects on arrival ours"],
  ];
  return `${title}\n\n${table(head, cells.map(rivalRow))}`;
}

function rivalRow({ cell, bounds, policies }: CellResult): string[] {
  const { ours, cork, "drop-oldest": oldest } = policies;
  const both = (read: (figures: Figures) => string) =>
    [ours, cork].map((figures) => (figures === undefined ? "–" : read(figures)));
  return [
    String(cell.rho),
    ...[ours?.offeredPerS, bounds.fifo, bounds.earlyDrop, bounds.hard].map((rate) =>
      number(rate, 4),
    ),
    number(ours?.goodRowsPerS, 4),
    ratio(ours?.goodRowsPerS, bounds.fifo),
    number(cork?.goodRowsPerS, 4),
    ratio(ours?.goodRowsPerS, cork?.goodRowsPerS),
    number(oldest?.goodRowsPerS, 4),
    ...both((figures) => percent(figures.lateShare)),
    ...both((figures) => number(figures.p50Ms, 3)),
    ...both((figures) => number(figures.p99Ms, 3)),
    ...both((figures) => number(figures.meanBatchRows, 3)),
    percent(atOnceShare(ours)),
  ];
}

function atOnceShare(figures: Figures | undefined): number | undefined {
  const all = (figures?.rejectedAtOnce ?? 0) + (figures?.rejectedAfterWait ?? 0);
  return all === 0 ? undefined : (figures?.rejectedAtOnce ?? 0) / all;
}

function policyTable(cells: readonly CellResult[]): string {
  const rows = cells.map(({ cell, policies }) => [
    ...[cell.ratio, cell.deadlines, cell.rho].map(String),
    ...POLICY_NAMES.map((name) => {
      const figures = policies[name];
      const lock = figures !== undefined && figures.livelocks > 0 ? " (livelock)" : "";
      return `${percent(figures?.goodShare)}${lock}`;
    }),
  ]);
  return table(["α/β", "D/t(1)", "ρ", ...POLICY_NAMES], rows);
}

function otherTable(cells: readonly CellResult[]): string {
  const head = [
    "cell",
    "ours good/s",
    "BentoML",
    "ours ÷",
    "late ours",
    "BentoML",
    "p99 ours",
    "BentoML",
  ];
  const rows = cells.map(({ cell, policies: { ours, cork } }) => [
    whereOf(cell),
    ...rivals(ours, cork),
  ]);
  return table(head, rows);
}

function rivals(ours: Figures | undefined, cork: Figures | undefined): string[] {
  return [
    ...[ours, cork].map((figures) => number(figures?.goodRowsPerS, 4)),
    ratio(ours?.goodRowsPerS, cork?.goodRowsPerS),
    ...[ours, cork].map((figures) => percent(figures?.lateShare)),
    ...[ours, cork].map((figures) => number(figures?.p99Ms, 3)),
  ];
}

function scenarioNames(scenarios: readonly ScenarioResult[]): string[] {
  return [...new Set(scenarios.map(({ scenario }) => scenario))];
}

function scenarioTable(results: readonly ScenarioResult[]): string {
  const head = [
    ...["case", "ceiling", "ours good/s", "BentoML", "ours ÷", "late ours", "BentoML", "p99 ours"],
    ...[
      "BentoML",
      "rejected ours",
      "BentoML",
      "livelocks ours",
      "BentoML",
      "greedy",
      "early-drop",
      "drop-oldest",
    ],
  ];
  const rows = results.map(({ case: name, ceiling, policies }) => {
    const { ours, cork, greedy, "early-drop": early, "drop-oldest": oldest } = policies;
    return [
      name,
      number(ceiling, 4),
      ...rivals(ours, cork),
      ...[ours, cork].map((figures) => number(rejectedOf(figures), 4)),
      ...[ours, cork].map((figures) => String(figures?.livelocks ?? "")),
      ...[greedy, early, oldest].map((figures) => number(figures?.goodRowsPerS, 4)),
    ];
  });
  return table(head, rows);
}

function rejectedOf(figures: Figures | undefined): number | undefined {
  return figures && figures.rejectedAtOnce + figures.rejectedAfterWait;
}

function ratio(value: number | undefined, by: number | undefined): string {
  return value === undefined || by === undefined || by === 0 ? "–" : number(value / by, 3);
}

function number(value: number | undefined, digits: number): string {
  if (value === undefined || Number.isNaN(value)) {
    return "–";
  }
  return Math.abs(value) >= 10 ** (digits - 1)
    ? value.toFixed(0)
    : String(Number(value.toPrecision(digits)));
}

function percent(share: number | undefined): string {
  return share === undefined || Number.isNaN(share) ? "–" : `${number(100 * share, 3)} %`;
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n");
}
