/**
 * All batchers of an app, of models and of batch apis, for whoever asks how they are: metrics and readiness.
 *
 * @module
 */
import type { BatchSettings } from "../core/model-ref.ts";
import { BATCH_DEFAULTS } from "./batch-loop.ts";
import type { Watched } from "./batch-watch.ts";
import type { Metrics } from "./metrics/metrics.ts";

export interface Batchers {
  /** @param name - in metrics: a model's key, or an api's name */
  add(
    name: string,
    batcher: Watched,
    about: { readonly subject: string; readonly settings: BatchSettings | undefined },
  ): void;
  /** A sentence for each that fails whatever it is given. */
  broken(): string[];
}

export function createBatchers(metrics: Metrics | undefined): Batchers {
  const all: { readonly subject: string; readonly batcher: Watched }[] = [];
  return {
    add(name, batcher, { subject, settings }) {
      all.push({ subject, batcher });
      const counted = metrics?.batcher(name, settings?.maxBatchSize ?? BATCH_DEFAULTS.maxBatchSize);
      if (counted !== undefined) {
        batcher.watch(counted);
        counted.gauges(() => batcher.snapshot());
      }
    },
    broken: () =>
      all
        .filter(({ batcher }) => batcher.isBroken())
        .map(({ subject }) => `${subject} fails every time`),
  };
}
