import { describe, expect, it } from "vitest";
import { type CalibrateOptions, calibrate } from "../../handler/calibrate.ts";

/** Runs that take what a formula says; all sizes that were run, in order. */
function machine(ms: (rows: number, run: number) => number) {
  const runs: number[] = [];
  const run = async (rows: number) => {
    runs.push(rows);
    return ms(rows, runs.filter((size) => size === rows).length);
  };
  return { runs, run };
}

const LIMITS = { maxRows: 100, deadlineMs: 60_000, budgetMs: 500 };
const sizes = (runs: readonly number[]) => [...new Set(runs)];

async function calibrated(
  ms: (rows: number, run: number) => number,
  options: Partial<CalibrateOptions> = {},
) {
  const { run, runs } = machine(ms);
  const { points } = await calibrate({ ...LIMITS, run, ...options });
  return { points, runs };
}

describe("calibrate", () => {
  it("runs 1, 8, 32, twice as many each time, and the cap, three times each", async () => {
    const { points, runs } = await calibrated((rows) => 5 + 0.1 * rows);
    expect(points.map(({ rows }) => rows)).toEqual([1, 8, 32, 64, 100]);
    expect(runs).toEqual([1, 8, 32, 64, 100].flatMap((rows) => [rows, rows, rows]));
  });

  it.each([
    [1, [1]],
    [5, [1, 5]],
    [8, [1, 8]],
    [32, [1, 8, 32]],
    [33, [1, 8, 32, 33]],
    [128, [1, 8, 32, 64, 128]],
  ])("up to %d rows", async (maxRows, expected) => {
    const { points } = await calibrated((rows) => 5 + 0.1 * rows, { maxRows });
    expect(points.map(({ rows }) => rows)).toEqual(expected);
  });

  it("keeps the shortest run of each size", async () => {
    const { points } = await calibrated((rows, run) => rows + 10 / run, { maxRows: 8 });
    expect(points).toEqual([
      { rows: 1, ms: 1 + 10 / 3 },
      { rows: 8, ms: 8 + 10 / 3 },
    ]);
  });

  it("runs tiny models more often, and not for longer than some milliseconds", async () => {
    const { runs } = await calibrated(() => 0.05, { maxRows: 1 });
    expect(runs.length).toBe(20);
    expect((await calibrated(() => 0.5, { maxRows: 1 })).runs.length).toBe(7);
  });

  it("stays within the budget as far as it can foresee", async () => {
    const { points, runs } = await calibrated((rows) => 10 * rows, { budgetMs: 300 });
    expect(points.map(({ rows }) => rows)).toEqual([1, 8]);
    expect(runs.reduce((sum, rows) => sum + 10 * rows, 0)).toBeLessThanOrEqual(300);
  });

  it("always makes one run, however long it takes", async () => {
    const { points, runs } = await calibrated(() => 4000);
    expect([points, runs]).toEqual([[{ rows: 1, ms: 4000 }], [1]]);
  });

  it("leaves out sizes that take longer than any caller waits", async () => {
    const { points } = await calibrated((rows) => rows, { deadlineMs: 40 });
    expect(points.map(({ rows }) => rows)).toEqual([1, 8, 32]);
  });

  it("keeps a second size even if it takes longer than any caller waits", async () => {
    const { points } = await calibrated((rows) => 0.5 + 4.5 * rows, { deadlineMs: 20 });
    expect(points).toEqual([
      { rows: 1, ms: 5 },
      { rows: 8, ms: 36.5 },
    ]);
  });

  it.each([
    ["the deadline", { deadlineMs: 40 }],
    ["the budget", { budgetMs: 60 }],
  ])("runs 2 rows once where one row alone comes near %s", async (_, options) => {
    const { points, runs } = await calibrated((rows) => 50 * rows, options);
    expect(points).toEqual([
      { rows: 1, ms: 50 },
      { rows: 2, ms: 100 },
    ]);
    expect(runs.filter((rows) => rows > 1)).toEqual([2]);
  });

  it("takes a clock that stands still for a very short time", async () => {
    const { points } = await calibrated(() => 0, { maxRows: 1 });
    expect(points).toEqual([{ rows: 1, ms: 0.001 }]);
  });

  it("passes on what the model fails with", async () => {
    const run = () => Promise.reject(new Error("no kernel"));
    await expect(calibrate({ ...LIMITS, run })).rejects.toThrow("no kernel");
  });
});

describe("calibrate, with a prior", () => {
  const prior = {
    points: [
      { rows: 1, ms: 2 },
      { rows: 8, ms: 4 },
      { rows: 64, ms: 16 },
      { rows: 256, ms: 60 },
    ],
  };

  it("runs 1 and 8 rows and scales the rest to this machine", async () => {
    const { points, runs } = await calibrated((rows) => (rows === 1 ? 4 : 8), { prior });
    expect(sizes(runs)).toEqual([1, 8]);
    expect(points).toEqual([
      { rows: 1, ms: expect.closeTo(4) },
      { rows: 8, ms: expect.closeTo(8) },
      { rows: 64, ms: expect.closeTo(32) },
    ]);
  });

  it("runs one row alone where it takes 20 ms and more", async () => {
    const { points, runs } = await calibrated(() => 30, { prior });
    expect(sizes(runs)).toEqual([1]);
    expect(points.at(-1)).toEqual({ rows: 64, ms: expect.closeTo(240) });
  });

  it("measures afresh where the prior has one size only", async () => {
    const one = { points: [{ rows: 1, ms: 2 }] };
    const { runs } = await calibrated(() => 5, { prior: one });
    expect(sizes(runs)).toEqual([1, 8, 32, 64, 100]);
  });
});
