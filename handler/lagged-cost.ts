/**
 * A cost model that keeps two things apart: how long the model runs, as timed where it runs, and how much longer it takes
 * the event loop to hear of it. The one grows with rows; the other is added to whatever is planned, and would pass for a
 * slow model where it were not known apart.
 *
 * @module
 */
import type { CostModel } from "./cost-model.ts";

const MEAN_WEIGHT = 0.1;
const SPREAD_WEIGHT = 0.05;
/** How many mean deviations above the mean lag is planned with. */
const DEVIATIONS = 1;

export class LaggedCost implements CostModel {
  readonly #cost: CostModel;
  #meanMs: number | undefined;
  #deviationMs = 0;

  constructor(cost: CostModel) {
    this.#cost = cost;
  }

  get isTrained(): boolean {
    return this.#cost.isTrained;
  }

  get line(): CostModel["line"] {
    return this.#cost.line;
  }

  get spread(): number {
    return this.#cost.spread;
  }

  /** What is planned with between the end of a run and when it is heard of, in milliseconds. */
  get lagMs(): number {
    return (this.#meanMs ?? 0) + DEVIATIONS * this.#deviationMs;
  }

  predict(rows: number): number | undefined {
    return this.#cost.predict(rows);
  }

  plan(rows: number): number | undefined {
    const runMs = this.#cost.plan(rows);
    return runMs === undefined ? undefined : runMs + this.lagMs;
  }

  bestRows(cap: number): number {
    return this.#cost.bestRows(cap);
  }

  /**
   * Learns from a batch that went well.
   *
   * @param durationMs - from its start until its end was heard of
   * @param runMs - of that, as timed where it ran; undefined where nobody timed it: all of it was the run
   */
  observe(rows: number, durationMs: number, runMs?: number): void {
    if (runMs === undefined) {
      this.#cost.observe(rows, durationMs);
      return;
    }
    const lagMs = Math.max(0, durationMs - runMs);
    const meanMs = this.#meanMs ?? lagMs;
    this.#deviationMs += SPREAD_WEIGHT * (Math.abs(lagMs - meanMs) - this.#deviationMs);
    this.#meanMs = meanMs + MEAN_WEIGHT * (lagMs - meanMs);
    this.#cost.observe(rows, runMs);
  }
}
