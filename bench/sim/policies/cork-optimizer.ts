/**
 * The cost model of BentoML's dispatcher: least squares over the last 50 batches, refitted every 5 s at most. Where all
 * batches were of one size the fit is the one of minimum norm, as numpy's solver gives it.
 *
 * @module
 */

const KEPT_SAMPLES = 50;
const SKIPPED_SAMPLES = 2;
const REFIT_EVERY_MS = 5000;
const LEAST_SLOPE_MS = 0.001;

interface Sample {
  /** Requests, not rows. */
  readonly size: number;
  readonly durationMs: number;
  readonly waitMs: number;
}

export class CorkOptimizer {
  /** Milliseconds for one more request, and for a batch. */
  slopeMs: number;
  interceptMs: number;
  /** Mean time that the first request of a batch waited. */
  waitMs = 0;
  readonly #samples: Sample[] = [];
  #seen = 0;
  #refitAt: number;

  constructor(maxLatencyMs: number, now: number) {
    this.slopeMs = Math.min(2000, (maxLatencyMs * 2) / 30);
    this.interceptMs = Math.min(1000, maxLatencyMs / 30);
    this.#refitAt = now + REFIT_EVERY_MS;
  }

  observe(sample: Sample, now: number): void {
    this.#seen += 1;
    if (this.#seen <= SKIPPED_SAMPLES) {
      return;
    }
    this.#samples.push(sample);
    if (this.#samples.length > KEPT_SAMPLES) {
      this.#samples.shift();
    }
    if (now >= this.#refitAt) {
      this.#refitAt = now + REFIT_EVERY_MS;
      this.refit();
    }
  }

  refit(): void {
    const count = this.#samples.length;
    if (count === 0) {
      return;
    }
    const mean = (read: (sample: Sample) => number) =>
      this.#samples.reduce((sum, sample) => sum + read(sample), 0) / count;
    const size = mean((sample) => sample.size);
    const duration = mean((sample) => sample.durationMs);
    const variance = mean((sample) => (sample.size - size) ** 2);
    const covariance = mean((sample) => (sample.size - size) * (sample.durationMs - duration));
    // of all lines through one point the one with the smallest coefficients
    const slope = variance === 0 ? (size * duration) / (size * size + 1) : covariance / variance;
    const intercept = variance === 0 ? duration / (size * size + 1) : duration - slope * size;
    this.slopeMs = Math.max(LEAST_SLOPE_MS, slope);
    this.interceptMs = Math.max(0, intercept);
    this.waitMs = Math.max(
      0,
      mean((sample) => sample.waitMs),
    );
  }
}
