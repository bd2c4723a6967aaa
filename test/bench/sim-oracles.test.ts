import { describe, expect, it } from "vitest";
import { ARRIVAL_KINDS } from "../../bench/sim/arrivals.ts";
import { boundsOf, inoueBoundMs } from "../../bench/sim/bounds.ts";
import { NOISY } from "../../bench/sim/executor.ts";
import { lineOf } from "../../bench/sim/grid.ts";
import { POLICY_NAMES } from "../../bench/sim/policies/catalog.ts";
import { play } from "./sim-world.ts";

describe("simulate, against theory", () => {
  it.each([0.3, 0.6, 0.8])("waits as M/D/1 does at load %f, one row a run", (rho) => {
    const line = { alphaMs: 0, betaMs: 2 };
    const { meanMs, utilisation } = play({ policy: "none", line, rho, requests: 150_000 });
    const waitMs = (rho * line.betaMs) / (2 * (1 - rho));
    expect(Math.abs((meanMs - line.betaMs) / waitMs - 1)).toBeLessThan(0.04);
    expect(utilisation).toBeCloseTo(rho, 1);
  });

  it.each([0.5, 2, 10, 50].flatMap((ratio) => [0.1, 0.5, 0.9].map((rho) => [ratio, rho] as const)))(
    "keeps greedy under Inoue's bound, and near it, at α/β %f and load %f",
    (ratio, rho) => {
      const line = lineOf({ ratio });
      const { meanMs } = play({ policy: "greedy", line, rho, requests: 60_000 });
      const share = meanMs / inoueBoundMs(line, rho / line.betaMs);
      expect(share).toBeLessThan(1.02);
      expect(share).toBeGreaterThan(1 - 0.081 - 0.02);
    },
  );

  it.each([0.5, 0.85])("finds the mean batch of the fluid model, λα/(1−ρ), at load %f", (rho) => {
    const { meanBatchRows } = play({
      policy: "greedy",
      line: lineOf({ ratio: 50 }),
      rho,
      requests: 150_000,
    });
    expect(meanBatchRows / ((rho * 50) / (1 - rho))).toBeCloseTo(1, 1);
  });

  it.each(["none", "greedy", "ours", "cork"] as const)("obeys Little's law under %s", (policy) => {
    const world = { policy, line: lineOf({ ratio: 2 }), rho: 0.3, requests: 40_000 };
    const { meanOpen, meanMs, offeredPerS } = play(world);
    expect(meanOpen / ((offeredPerS * meanMs) / 1000)).toBeCloseTo(1, 2);
  });

  it("does not let two runners do worse than one of them with half the load", () => {
    const world = {
      policy: "greedy",
      line: lineOf({ ratio: 2 }),
      rho: 0.5,
      requests: 20_000,
    } as const;
    expect(play({ ...world, runners: 2 }).meanMs).toBeLessThan(play(world).meanMs);
  });
});

describe("simulate, whatever the policy", () => {
  it.each(POLICY_NAMES)(
    "%s gives every request one outcome, for all arrivals and loads",
    (policy) => {
      for (const kind of ARRIVAL_KINDS) {
        for (const rho of [0.3, 3]) {
          const { total } = play({
            policy,
            line: lineOf({ ratio: 2 }),
            deadlineMs: 50,
            rho,
            requests: 1000,
            kind,
            disturbance: NOISY,
            maxBatchSize: 32,
          });
          expect({ kind, rho, sum: total.answered + total.rejected, open: total.open }).toEqual({
            kind,
            rho,
            sum: total.arrived,
            open: 0,
          });
        }
      }
    },
  );

  it.each(POLICY_NAMES)(
    "%s does the same twice, and something else with another seed",
    (policy) => {
      const world = {
        policy,
        line: lineOf({ ratio: 10 }),
        deadlineMs: 50,
        rho: 0.95,
        requests: 3000,
        disturbance: NOISY,
      };
      const first = play(world);
      expect(play(world)).toEqual(first);
      expect(play({ ...world, seed: 2 }).hash).not.toBe(first.hash);
    },
  );
});

const CELLS = [0.1, 0.5, 2, 10, 50].flatMap((ratio) =>
  [4, 10, 40].flatMap((deadlines) => [0.85, 1.2, 4].map((rho) => ({ ratio, deadlines, rho }))),
);

describe("the batcher that ships", () => {
  it.each(CELLS)(
    "is never late without noise: α/β $ratio, D/t(1) $deadlines, load $rho",
    (cell) => {
      const line = lineOf(cell);
      const deadlineMs = 5 * cell.deadlines;
      const summary = play({ policy: "ours", line, deadlineMs, rho: cell.rho, requests: 5000 });
      expect(summary.lateShare).toBe(0);
    },
  );

  it.each(CELLS.filter(({ rho }) => rho === 4))(
    "refuses callers when they come in lasting overload: α/β $ratio, D/t(1) $deadlines",
    (cell) => {
      const line = lineOf(cell);
      const requests = (4000 * cell.rho) / line.betaMs; // of four seconds
      const world = { policy: "ours", line, deadlineMs: 5 * cell.deadlines, ...cell } as const;
      const { rejectedAfterWait, rejectedAtOnce } = play({ ...world, requests });
      expect(rejectedAfterWait / (rejectedAfterWait + rejectedAtOnce)).toBeLessThan(0.001);
    },
  );

  it.each(CELLS)(
    "never lets rows wait beside a free runner for longer than α: α/β $ratio, D/t(1) $deadlines, load $rho",
    (cell) => {
      const line = lineOf(cell);
      const summary = play({
        policy: "ours",
        line,
        deadlineMs: 5 * cell.deadlines,
        rho: cell.rho,
        requests: 3000,
        disturbance: NOISY,
      });
      expect(summary.longestIdleMs).toBeLessThanOrEqual(1.5 * line.alphaMs);
      expect(summary.isLivelocked).toBe(false);
    },
  );

  it("answers as greedy does while nothing is scarce", () => {
    const world = { line: lineOf({ ratio: 10 }), rho: 0.02, requests: 2000 };
    const [ours, greedy] = [
      play({ ...world, policy: "ours" }),
      play({ ...world, policy: "greedy" }),
    ];
    expect(ours.p50Ms / greedy.p50Ms).toBeLessThanOrEqual(1.02);
  });
});

describe("boundsOf", () => {
  it("gives the published bounds", () => {
    const line = { alphaMs: 2.8, betaMs: 1.26 };
    const options = { line, deadlineMs: 100, maxBatchSize: 1024 };
    const { fifo, earlyDrop, hard } = boundsOf({ ...options, rowsPerMs: 2 / line.betaMs });
    expect([fifo, earlyDrop, hard].map((rate) => Math.round(1000 * rate))).toEqual([749, 761, 771]);
  });

  it("never exceeds the load, nor what the largest batches give", () => {
    const options = { line: { alphaMs: 10, betaMs: 1 }, deadlineMs: 1e6, maxBatchSize: 10 };
    expect(boundsOf({ ...options, rowsPerMs: 0.1 })).toEqual({
      fifo: 0.1,
      earlyDrop: 0.1,
      hard: 0.1,
    });
    expect(boundsOf({ ...options, rowsPerMs: 10 })).toEqual({
      fifo: 0.5,
      earlyDrop: 0.5,
      hard: 0.5,
    });
  });
});
