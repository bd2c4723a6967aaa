/**
 * Metrics that a server counts for Prometheus and writes into its log for CloudWatch as well, by the clock: also while
 * nobody asks, because scaling needs to hear that nothing waits.
 *
 * @module
 */
import type { Timers } from "../clock.ts";
import { bothMetrics } from "./both-metrics.ts";
import { type EmbeddedMetricsOptions, embeddedMetrics } from "./embedded-metrics.ts";
import { type CreateMetricsOptions, createMetrics, type Metrics } from "./metrics.ts";

export interface SentMetrics {
  readonly create: (options: CreateMetricsOptions) => Metrics;
  /** Writes from now on. */
  begin(): void;
  /** Writes what is left, and no more. */
  end(): void;
}

/** How often it is looked at how many rows wait, so that a line tells of more than one moment. */
const SAMPLE_MS = 1000;
const SAMPLES_PER_LINE = 10;

export function sendEmbedded({
  timers,
  ...options
}: EmbeddedMetricsOptions & { readonly timers: Timers }): SentMetrics {
  const embedded = embeddedMetrics(options);
  let samples = 0;
  let cancel = () => {};
  const wait = () => {
    cancel = timers.after(SAMPLE_MS, () => {
      samples += 1;
      if (samples % SAMPLES_PER_LINE === 0) {
        embedded.flush(); // a sample too
      } else {
        embedded.sample();
      }
      wait();
    });
  };
  return {
    create: (given) => bothMetrics(createMetrics(given), embedded.create(given)),
    begin: wait,
    end() {
      cancel();
      embedded.flush();
    },
  };
}
