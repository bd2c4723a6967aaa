import { describe, expect, it } from "vitest";
import { runChaos } from "../../bench/chaos/chaos.ts";

const sockets = () =>
  process
    .getActiveResourcesInfo()
    .filter((name) => /^TCP|MessagePort|Worker/.test(name))
    .sort();

describe("a server under mixed load", () => {
  it.each([1, 2])(
    "answers every request once, with its own answer, and keeps nothing (seed %i)",
    async (seed) => {
      const before = sockets();
      const report = await runChaos({
        seed,
        connections: 16,
        isOn: (sent) => sent < 1500,
        kills: 3,
      });
      expect(report.wrong).toEqual([]);
      expect(report.left).toEqual({ inFlight: 0, queuedRows: 0, running: 0 });
      expect(report.unaccounted).toBe(0);
      const counts = report.answers;
      const answered = Object.values(counts).reduce((sum, count) => sum + count, 0);
      expect(answered).toBe(report.sent);
      const kinds = ["bad 400", "deadly 500", "gone", "good 200", "oversize 413", "poison 500"];
      expect(kinds.filter((kind) => (counts[kind] ?? 0) === 0)).toEqual([]);
      // those that shared a batch with a thread's death, or its breaker, are few
      expect(counts["good 500"] ?? 0).toBeLessThan(0.1 * (counts["good 200"] ?? 0));
      expect(sockets()).toEqual(before);
    },
  );
});
