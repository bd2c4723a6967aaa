/**
 * Two counts of the same things.
 *
 * @module
 */
import type { Metrics } from "./metrics.ts";

/** @param shown - what `/metrics` shows */
export function bothMetrics(shown: Metrics, other: Metrics): Metrics {
  return {
    route(endpoint) {
      const all = [shown.route(endpoint), other.route(endpoint)] as const;
      return {
        begin() {
          all[0].begin();
          all[1].begin();
        },
        end(status, durationMs) {
          all[0].end(status, durationMs);
          all[1].end(status, durationMs);
        },
      };
    },
    batcher(runner, maxBatchSize) {
      const all = [shown, other].map((one) => one.batcher(runner, maxBatchSize));
      return {
        batchEnded: (batch) => all.forEach((one) => void one.batchEnded(batch)),
        rejected: (reason) => all.forEach((one) => void one.rejected(reason)),
        bisected: () => all.forEach((one) => void one.bisected()),
        cancelled: (where) => all.forEach((one) => void one.cancelled(where)),
        gauges: (read) => all.forEach((one) => void one.gauges(read)),
      };
    },
    write: () => shown.write(),
  };
}
