import { describe, expect, it } from "vitest";
import { drawSvg, formatMs, plotBars } from "../../cli/curve-plot.ts";
import { modelCurve } from "../../cli/model-curve.ts";

const line = (alphaMs: number, betaMs: number, sizes = [1, 8, 32, 64]) =>
  sizes.map((rows) => ({ rows, ms: alphaMs + betaMs * rows }));

describe("modelCurve", () => {
  it("finds the line, the best batch and the gain", () => {
    expect(modelCurve(line(7, 0.3))).toEqual({
      points: line(7, 0.3),
      alphaMs: expect.closeTo(7),
      betaMs: expect.closeTo(0.3),
      rSquared: expect.closeTo(1),
      isLine: true,
      bestRows: 64,
      // of 7.3 ms and 0.409 ms a row, each with 0.1 ms for the request
      gain: expect.closeTo((7.3 + 0.1) / ((7 + 0.3 * 64) / 64 + 0.1)),
      advice:
        "batching helps: rows were cheapest in the largest batch measured, maxBatchSize 64 or more",
    });
  });

  it("says where batching will not help", () => {
    const { gain, advice } = modelCurve(line(0.5, 30));
    expect(gain).toBeLessThan(1.15);
    expect(advice).toMatch(/^batching will not help this model: /);
  });

  it("caps at the measured minimum of a row's time", () => {
    const points = [...line(7, 0.3), { rows: 128, ms: 90 }];
    const { bestRows, isLine, advice } = modelCurve(points);
    expect([bestRows, isLine]).toEqual([64, false]);
    expect(advice).toBe(
      "batching helps: beyond 64 rows a row costs more again, set maxBatchSize to 64",
    );
  });

  it("has no line through one size", () => {
    const { alphaMs, rSquared, gain, advice } = modelCurve([{ rows: 1, ms: 5 }]);
    expect([alphaMs, rSquared, gain]).toEqual([undefined, undefined, 1]);
    expect(advice).toMatch(/^one size was measured: /);
  });
});

describe("plotBars", () => {
  it("draws rows a second as bars, the best one marked", () => {
    const points = [
      { rows: 1, ms: 4 },
      { rows: 8, ms: 8 },
    ];
    expect(plotBars({ points, bestRows: 8 })).toMatchInlineSnapshot(`
      "  rows         ms    rows/s
           1       4.00       250  ██████████
           8       8.00      1000  ████████████████████████████████████████  best
      "
    `);
  });
});

describe("formatMs", () => {
  it.each([
    [0.0312, "0.0312"],
    [7.123, "7.12"],
    [1234.5, "1235"],
  ])("writes %d as %s", (ms, text) => {
    expect(formatMs(ms)).toBe(text);
  });
});

describe("drawSvg", () => {
  it("gives each model a panel, its name escaped", () => {
    const curve = modelCurve(line(7, 0.3));
    const svg = drawSvg({ iris: curve, "a<b&c": curve });
    expect(svg.match(/<circle /g)?.length).toBe(8);
    expect(svg.match(/<text [^>]*font-weight[^>]*>[^<]*/g)).toEqual([
      '<text x="64" y="20" font-weight="bold">iris: best batch 64 rows, gain 14.53×',
      '<text x="64" y="20" font-weight="bold">a&lt;b&amp;c: best batch 64 rows, gain 14.53×',
    ]);
    expect(drawSvg({ iris: curve, "a<b&c": curve })).toBe(svg);
  });
});
