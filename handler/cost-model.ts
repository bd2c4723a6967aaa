/**
 * What a batch will cost. Admission asks it, dispatch never does: a wrong model may turn callers away, but it cannot stop
 * the work that would correct it. It is never fitted from batches of one size.
 *
 * @module
 */
import {
  type CostLine,
  fitLine,
  NO_SUMS,
  type Shape,
  type Sums,
  sampleCount,
  shapeOfPoints,
  sizesDiffer,
} from "./cost-shape.ts";

/** Run times as calibrated. */
export interface CostProfile {
  /** Ascending in `rows`; each `ms` is the shortest of several runs. */
  readonly points: readonly { readonly rows: number; readonly ms: number }[];
}

export interface CostModel {
  /** False while too little was seen to say anything. */
  readonly isTrained: boolean;
  /** Expected run time t(n) of a batch of `rows`, in milliseconds; undefined while untrained. Never falls with `rows`. */
  predict(rows: number): number | undefined;
  /** The run time to plan with, U(n) = t(n)·(1 + z·v), in milliseconds; undefined while untrained. */
  plan(rows: number): number | undefined;
  /** t(n) ≈ alphaMs + betaMs·n, also where {@link predict} uses a table; undefined while untrained. */
  readonly line: CostLine | undefined;
  /** v: how far run times lie from what was expected, as a share of it. */
  readonly spread: number;
  /** The size up to `cap` at which a row is cheapest; `cap` while untrained. */
  bestRows(cap: number): number;
  /** Learns from a batch that went well. */
  observe(rows: number, durationMs: number): void;
}

export interface ScaleShapeCostOptions {
  /** Without one, or with one size alone, the model says nothing until batches of different sizes were seen. */
  readonly profile?: CostProfile | undefined;
  /** How many spreads above the expected time to plan with; 2 is strict. @default 1 */
  readonly z?: number;
}

/** Weight of the newest batch in the scale and in the spread. */
const SCALE_WEIGHT = 0.1;
const SPREAD_WEIGHT = 0.05;
/** What older samples keep of their weight with each new one. */
const FORGET = 0.99;
/** Largest factor by which one batch may differ from what was expected and still be believed; two in a row are. */
const WINSOR = 1.5;
/** Largest factor by which two in a row change what is expected. */
const MAX_JUMP = 2;
const MIN_SAMPLES = 8;
/** How many batches a calibrated point is worth. */
const POINT_WEIGHT = 4;
const FIRST_SPREAD = 0.05;

/**
 * The expected time is scale × shape: every batch moves the scale, the shape (α : β) is re-fitted only while the sizes seen
 * differ enough to tell α from β. A profile that no line fits within 15 % is kept as a table.
 */
export function scaleShapeCost(options: ScaleShapeCostOptions = {}): CostModel {
  return new ScaleShapeCost(options);
}

class ScaleShapeCost implements CostModel {
  readonly #z: number;
  readonly #points: CostProfile["points"];
  #shape: Shape | undefined;
  #scale = 1;
  #spread = FIRST_SPREAD;
  /** By what factor the last batch differed from what was expected, if by more than is believed of one. */
  #doubted: number | undefined;
  /** Of sizes and times divided by the scale. */
  #sums: Sums = NO_SUMS;

  constructor({ profile, z = 1 }: ScaleShapeCostOptions) {
    this.#z = z;
    this.#points = profile?.points ?? [];
    for (const { rows, ms } of this.#points) {
      this.#add(rows, ms, POINT_WEIGHT / (ms * ms));
    }
    this.#shape = shapeOfPoints(this.#points);
  }

  get isTrained(): boolean {
    return this.#shape !== undefined;
  }

  get spread(): number {
    return this.#spread;
  }

  get line(): CostLine | undefined {
    if (this.#shape === undefined) {
      return undefined;
    }
    const { alphaMs, betaMs } = this.#shape.line;
    return { alphaMs: this.#scale * alphaMs, betaMs: this.#scale * betaMs };
  }

  predict(rows: number): number | undefined {
    return this.#shape === undefined ? undefined : this.#scale * this.#shape.at(rows);
  }

  plan(rows: number): number | undefined {
    return this.#shape === undefined
      ? undefined
      : this.#scale * this.#shape.at(rows) * (1 + this.#z * this.#spread);
  }

  bestRows(cap: number): number {
    // of a line no row is dearer than the one before: a single point that says so is noise
    const within =
      this.#shape?.isTable === true ? this.#points.filter((point) => point.rows <= cap) : [];
    const cheapest = within.reduce<{ rows: number; ms: number } | undefined>(
      (best, point) =>
        best === undefined || point.ms / point.rows < best.ms / best.rows ? point : best,
      undefined,
    );
    // still falling where the measurements end: what lies beyond is not dearer, for all that is known
    const isLast = cheapest === within.at(-1);
    return cheapest === undefined || isLast ? cap : cheapest.rows;
  }

  observe(rows: number, durationMs: number): void {
    if (!(durationMs > 0)) {
      return; // nothing can be learned from a clock that stood still
    }
    const shape = this.#shape;
    if (shape === undefined) {
      this.#add(rows, durationMs, 1 / (durationMs * durationMs));
      this.#train();
      return;
    }
    const expectedMs = this.#scale * shape.at(rows);
    const ratio = durationMs / expectedMs;
    const believed = Math.min(WINSOR, Math.max(1 / WINSOR, ratio));
    this.#add(rows, (believed * expectedMs) / this.#scale, (this.#scale / expectedMs) ** 2);
    this.#spread += SPREAD_WEIGHT * (1.25 * Math.abs(believed - 1) - this.#spread);
    this.#scale *= this.#correction(ratio);
    this.#refit(shape);
  }

  /** A stall comes alone and says nothing of the next batch; a machine that has become slower or faster stays so. */
  #correction(ratio: number): number {
    const before = this.#doubted;
    const isDoubted = ratio > WINSOR || ratio < 1 / WINSOR;
    this.#doubted = isDoubted ? ratio : undefined;
    if (!isDoubted) {
      return 1 + SCALE_WEIGHT * (ratio - 1);
    }
    if (before === undefined || before > 1 !== ratio > 1) {
      return 1;
    }
    this.#doubted = undefined;
    return ratio > 1 ? Math.min(ratio, before, MAX_JUMP) : Math.max(ratio, before, 1 / MAX_JUMP);
  }

  #add(rows: number, ms: number, weight: number): void {
    const { count, w, wn, wnn, wt, wnt } = this.#sums;
    this.#sums = {
      count: count + 1,
      w: FORGET * w + weight,
      wn: FORGET * wn + weight * rows,
      wnn: FORGET * wnn + weight * rows * rows,
      wt: FORGET * wt + weight * ms,
      wnt: FORGET * wnt + weight * rows * ms,
    };
  }

  #train(): void {
    if (sampleCount(this.#sums) >= MIN_SAMPLES && sizesDiffer(this.#sums)) {
      const line = fitLine(this.#sums, "non-negative");
      this.#shape = line && { line, at: (rows) => line.alphaMs + line.betaMs * rows };
    }
  }

  /** Turns the line about the mean size seen: how high it lies is for the scale to say. */
  #refit(shape: Shape): void {
    const sums = this.#sums;
    if (shape.isTable === true || sampleCount(sums) < MIN_SAMPLES || !sizesDiffer(sums)) {
      return;
    }
    const line = fitLine(sums, "as-is");
    if (line === undefined) {
      return;
    }
    const meanRows = sums.wn / sums.w;
    const keep = shape.at(meanRows) / (line.alphaMs + line.betaMs * meanRows);
    const alphaMs = keep * line.alphaMs;
    const betaMs = keep * line.betaMs;
    this.#shape = { line: { alphaMs, betaMs }, at: (rows) => alphaMs + betaMs * rows };
  }
}
