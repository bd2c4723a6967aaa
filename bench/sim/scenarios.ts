/**
 * What the grid does not hold: a burst after a quiet minute, long overload, costs that change while it runs, several
 * runners, callers that wait for their answers.
 *
 * @module
 */
import { arrivalsAt, arrivalsOf } from "./arrivals.ts";
import { boundsOf } from "./bounds.ts";
import { type Disturbance, type Line, NOISY, runMs } from "./executor.ts";
import { lineOf } from "./grid.ts";
import type { Summary } from "./metrics.ts";
import { MAIN_POLICIES, type PolicyName } from "./policies/catalog.ts";
import { hashOf, randomAt, randomStream } from "./random.ts";
import { type Figures, meanOf, runWorkload, type Workload } from "./run-cell.ts";

export interface ScenarioResult {
  readonly scenario: string;
  readonly case: string;
  /** What a policy could reach at most, in good rows a second; absent where nothing is known. */
  readonly ceiling?: number;
  readonly policies: Readonly<Partial<Record<PolicyName, Figures>>>;
}

const RIVALS = ["ours", "greedy", "cork", "early-drop", "drop-oldest"] as const;

export async function runScenarios(seeds: readonly number[]): Promise<ScenarioResult[]> {
  const all = [...bursts(), ...overloads(), ...trends(), ...runnerCounts(), ...closedLoops()];
  const results: ScenarioResult[] = [];
  for (const { policies, workload, seeds: own = seeds, ...rest } of all) {
    const runs: Partial<Record<PolicyName, Summary>>[] = [];
    for (const seed of own) {
      runs.push(await runWorkload(workload(seed), policies));
    }
    const figures = policies.map((name) => [name, meanOf(runs.flatMap((run) => run[name] ?? []))]);
    results.push({ ...rest, policies: Object.fromEntries(figures) });
  }
  return results;
}

interface Scenario {
  readonly scenario: string;
  readonly case: string;
  readonly ceiling?: number;
  readonly policies: readonly PolicyName[];
  /** @default those asked for */
  readonly seeds?: readonly number[];
  workload(seed: number): Workload;
}

const BURST_ROWS = 200;

/** Sixty requests one by one, then 200 at once; the deadline is twice what all of them take. */
function bursts(): Scenario[] {
  const cases = [
    ...[0.1, 0.5, 2, 10, 50].map((ratio) => {
      const line = lineOf({ ratio });
      return { line, deadlineMs: 2 * runMs(line, BURST_ROWS) };
    }),
    ...[200, 500, 1000].map((deadlineMs) => ({ line: { alphaMs: 5, betaMs: 0.2 }, deadlineMs })),
  ];
  const times = [
    ...Array.from({ length: 60 }, (_, second) => 1000 * second),
    ...Array.from({ length: BURST_ROWS }, () => 60_000),
  ];
  return cases.map(({ line, deadlineMs }) => ({
    scenario: "burst of 200 after a quiet minute",
    case: `${lineText(line)}, D ${round(deadlineMs)} ms`,
    policies: RIVALS,
    workload: (seed) => ({
      name: `burst ${line.alphaMs} ${deadlineMs}`,
      seed,
      line,
      deadlineMs,
      rowsPerMs: 0.001,
      untilMs: 60_001,
      warmUpMs: 59_999,
      arrivals: () => arrivalsAt(times),
    }),
  }));
}

/** A minute at twice and four times what can be done, as often as it takes to see what happens rarely. */
function overloads(): Scenario[] {
  const line = { alphaMs: 2.8, betaMs: 1.26 };
  return [2, 4].map((rho) =>
    open({
      scenario: "a minute of overload, 12 seeds",
      case: `${lineText(line)}, D 100 ms, ${rho}×`,
      line,
      deadlineMs: 100,
      rho,
      untilMs: 60_000,
      seeds: Array.from({ length: 12 }, (_, index) => index + 1),
    }),
  );
}

function trends(): Scenario[] {
  const disturbances: Record<string, Disturbance> = {
    "no noise": {},
    "noise without stalls": { lognormal: 0.08 },
    noise: NOISY,
    "noise, drift to 1.5×": { ...NOISY, trend: { kind: "drift", factor: 1.5 } },
    "noise, step to 2×": { ...NOISY, trend: { kind: "step", factor: 2 } },
  };
  const line = lineOf({ ratio: 2 });
  return Object.entries(disturbances).flatMap(([name, disturbance]) =>
    [0.3, 0.85, 2].map((rho) =>
      open({
        scenario: "costs that change",
        case: `${name}, ρ ${rho}`,
        line,
        deadlineMs: 50,
        rho,
        disturbance,
        untilMs: 30_000,
      }),
    ),
  );
}

function runnerCounts(): Scenario[] {
  const line = lineOf({ ratio: 10 });
  return [2, 4].flatMap((runners) =>
    [0.3, 0.85, 1.2, 2, 4].map((rho) =>
      open({
        scenario: "several runners",
        case: `${runners} runners, α/β 10, D/t(1) 10, ρ ${rho} of all`,
        line,
        deadlineMs: 50,
        rho,
        runners,
        untilMs: 15_000,
      }),
    ),
  );
}

interface OpenOptions {
  readonly scenario: string;
  readonly case: string;
  readonly line: Line;
  readonly deadlineMs: number;
  readonly rho: number;
  readonly untilMs: number;
  readonly runners?: number;
  readonly disturbance?: Disturbance;
  readonly seeds?: readonly number[];
}

function open(options: OpenOptions): Scenario {
  const { scenario, case: name, seeds, rho, ...rest } = options;
  const { line, runners = 1, untilMs } = rest;
  const rowsPerMs = (runners * rho) / line.betaMs;
  const bounds = boundsOf({ ...rest, rowsPerMs, maxBatchSize: 1024 });
  const kind = "poisson";
  return {
    scenario,
    case: name,
    ceiling: 1000 * bounds.fifo,
    policies: RIVALS,
    ...(seeds === undefined ? {} : { seeds }),
    workload: (seed) => ({
      ...rest,
      name,
      seed,
      rowsPerMs,
      warmUpMs: untilMs / 5,
      arrivals: () =>
        arrivalsOf({ kind, rowsPerMs, untilMs, random: randomStream(seed, `arrivals ${name}`) }),
    }),
  };
}

/** The ceiling is lock step: all callers in one batch, again and again. */
function closedLoops(): Scenario[] {
  const known = [
    { line: { alphaMs: 3.9, betaMs: 0.168 }, clients: 8, roundTripMs: 0.35 },
    { line: { alphaMs: 10, betaMs: 0.25 }, clients: 8, roundTripMs: 0.35 },
    { line: { alphaMs: 10, betaMs: 0.25 }, clients: 32, roundTripMs: 0.35 },
    { line: { alphaMs: 2.8, betaMs: 1.26 }, clients: 2, roundTripMs: 0.35 },
    { line: { alphaMs: 2.8, betaMs: 1.26 }, clients: 32, roundTripMs: 0.35 },
    { line: { alphaMs: 0.05, betaMs: 0.004 }, clients: 32, roundTripMs: 0.35 },
  ];
  const line = lineOf({ ratio: 10 });
  const counts = [1, 2, 8, 32, 128].flatMap((clients) =>
    [0.2, 1, 5].map((roundTripMs) => ({ line, clients, roundTripMs })),
  );
  return [...known, ...counts].map((options) => closed(options));
}

function closed(options: { line: Line; clients: number; roundTripMs: number }): Scenario {
  const { line, clients, roundTripMs } = options;
  const name = `${lineText(line)}, ${clients} ${clients === 1 ? "client" : "clients"}, RTT ${roundTripMs} ms`;
  const untilMs = 1500 * runMs(line, 1);
  return {
    scenario: "closed loop",
    case: name,
    ceiling: (1000 * clients) / (runMs(line, clients) + roundTripMs),
    policies: MAIN_POLICIES,
    workload: (seed) => ({
      name,
      seed,
      line,
      deadlineMs: 60_000,
      rowsPerMs: clients / runMs(line, clients),
      untilMs,
      warmUpMs: untilMs / 5,
      closedLoop: {
        clients,
        // from 0.6 to 1.4 of it
        roundTripMs: (client, turn) =>
          roundTripMs * (0.6 + 0.8 * randomAt(hashOf(name) ^ seed, 1_000_003 * client + turn)),
      },
    }),
  };
}

function lineText({ alphaMs, betaMs }: Line): string {
  return `α ${round(alphaMs)} β ${round(betaMs)} ms`;
}

function round(value: number): number {
  return Number(value.toPrecision(3));
}
