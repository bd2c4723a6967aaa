/**
 * What a batch will cost, learned from what batches did cost. Admission asks it, dispatch never does: a wrong model may
 * turn callers away, but it cannot stop the work that would correct it.
 *
 * @module
 */

export interface CostModel {
  /** Expected run time of a batch of `rows`, in milliseconds; undefined until enough batches have been seen. */
  predict(rows: number): number | undefined;
  /** Learns from a batch that went well. */
  observe(rows: number, durationMs: number): void;
}

export interface AverageCostOptions {
  /** Batches to see before the model says anything. @default 8 */
  readonly trainingBatches?: number;
  /** Weight of the newest batch, 0 to 1. @default 0.2 */
  readonly weight?: number;
}

/**
 * The moving average of run times, whatever the number of rows. For large batches it errs towards admitting.
 */
export function averageCost(options: AverageCostOptions = {}): CostModel {
  const { trainingBatches = 8, weight = 0.2 } = options;
  let batches = 0;
  let meanMs = 0;
  return {
    predict: () => (batches < trainingBatches ? undefined : meanMs),
    observe(_rows, durationMs) {
      batches += 1;
      // the plain mean at first, so that a slow first run is soon outweighed
      meanMs += (durationMs - meanMs) * Math.max(weight, 1 / batches);
    },
  };
}
