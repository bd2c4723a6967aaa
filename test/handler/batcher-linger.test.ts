import { describe, expect, it } from "vitest";
import { lineCost } from "./fixed-cost.ts";
import { seeded } from "./seeded.ts";
import { type Given, simulate } from "./virtual-time.ts";

/** Answers a millisecond × 1000 to callers that ask again as soon as they are answered. */
function closedLoop(options: {
  readonly alphaMs: number;
  readonly betaMs: number;
  readonly clients: number;
  readonly linger: boolean;
  readonly untilMs?: number;
  /** Mean time from an answer to the next request. @default 0.35 */
  readonly roundTripMs?: number;
}): number {
  const { alphaMs, betaMs, clients, linger, untilMs = 5000, roundTripMs = 0.35 } = options;
  const random = seeded(9);
  const tripMs = () => roundTripMs * (0.6 + 0.8 * random());
  const told = simulate({
    config: { maxBatchSize: 256, linger },
    costModel: lineCost(alphaMs, betaMs),
    runners: 1,
    arrivals: Array.from({ length: clients }, (_, index) => ({ at: index * 0.01 })),
    next: ({ endedAt }) => (endedAt < untilMs ? { at: endedAt + tripMs() } : undefined),
  });
  return (1000 * told.length) / untilMs;
}

describe("Batcher, when callers come back as soon as they are answered", () => {
  it.each([
    [3.9, 0.168, 8, 0.95],
    [10, 0.25, 8, 0.95],
    [10, 0.25, 32, 0.8],
    [2.8, 1.26, 2, 0.95],
  ])(
    "with α = %d, β = %d and %d callers comes near lock-step",
    (alphaMs, betaMs, clients, share) => {
      const lockStep = (1000 * clients) / (alphaMs + betaMs * clients + 0.5);
      const throughput = closedLoop({ alphaMs, betaMs, clients, linger: true });
      expect(throughput / lockStep).toBeGreaterThan(share);
      expect(throughput).toBeGreaterThan(closedLoop({ alphaMs, betaMs, clients, linger: false }));
    },
  );

  it.each([0.2, 1, 5])("never holds back a single caller who comes back after %d ms", (trip) => {
    const single = { alphaMs: 4.55, betaMs: 0.455, clients: 1, roundTripMs: trip };
    expect(closedLoop({ ...single, linger: true })).toBe(closedLoop({ ...single, linger: false }));
  });

  it.each([
    [2, 1, 1.4],
    [8, 0.2, 1.3],
    [8, 1, 1.1],
    [8, 5, 0.99],
    [32, 5, 0.99],
  ])("with %d callers who come back after %d ms does %d times what greedy does", (...given) => {
    const [clients, roundTripMs, least] = given;
    const several = { alphaMs: 4.55, betaMs: 0.455, clients, roundTripMs };
    const greedy = closedLoop({ ...several, linger: false });
    expect(closedLoop({ ...several, linger: true }) / greedy).toBeGreaterThan(least);
  });

  it("is no slower than greedy where a batch costs next to nothing", () => {
    const cheap = { alphaMs: 0.05, betaMs: 0.004, clients: 32, untilMs: 300 };
    const ratio = closedLoop({ ...cheap, linger: true }) / closedLoop({ ...cheap, linger: false });
    expect(ratio).toBeGreaterThan(0.97);
  });
});

describe("Batcher, when callers come at random", () => {
  it.each([
    [2.8, 1.26, 0.05],
    [2.8, 1.26, 0.3],
    [2.8, 1.26, 0.85],
    [10, 0.25, 0.1],
    [10, 0.25, 0.5],
  ])("with α = %d, β = %d at load %d loses next to nothing by holding", (alphaMs, betaMs, load) => {
    const meanMs = (linger: boolean) => {
      const random = seeded(4);
      const arrivals: Given[] = [];
      let at = 0;
      while (at < 60_000) {
        arrivals.push({ at });
        at -= (Math.log(1 - random()) * betaMs) / load;
      }
      const told = simulate({
        config: { maxBatchSize: 256, maxLatencyMs: 60_000, linger },
        costModel: lineCost(alphaMs, betaMs),
        runners: 1,
        arrivals,
      });
      return told.reduce((sum, one) => sum + one.endedAt - one.given.at, 0) / told.length;
    };
    expect(meanMs(true) / meanMs(false)).toBeLessThan(1.02);
  });
});
