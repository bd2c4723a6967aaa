/**
 * What is planned with: how long batches take, how many rows they hold, when runners are free. Read anew whenever what runs
 * or waits has changed.
 *
 * @module
 */
import type { CostModel } from "../cost-model.ts";
import type { ArrivalRate } from "./arrival-rate.ts";
import type { BatchQueue } from "./batch-queue.ts";
import type { BatcherConfig } from "./batcher-config.ts";
import { MemoryCap } from "./memory-cap.ts";
import type { PlannedBatch } from "./planned-batch.ts";
import { Schedule } from "./schedule.ts";

/** Share of the time to an answer that is planned with. */
const MARGIN = 0.97;

/** Deviations below the mean: room kept for callers that do not come is lost, those that do come ask before they join. */
const GROWTH_DEVIATIONS = 1.8;

export interface PlanOptions<P, R> {
  readonly config: BatcherConfig;
  readonly costModel: CostModel;
  readonly runners: number;
  readonly queue: BatchQueue<P, R>;
  readonly rate: ArrivalRate;
  /** When each busy runner is expected to be free. */
  ends(): readonly number[];
}

export class Plan<P, R> {
  readonly #options: PlanOptions<P, R>;
  readonly #schedule: Schedule<PlannedBatch<P, R>>;
  /** c: most rows that a batch is planned with. */
  #size: number;
  /** U of the largest batch; undefined while the cost is unknown. */
  #mostMs: number | undefined;
  /** Mean over the runners of when they are free. */
  #meanEnd = 0;
  #nextEnd = 0;
  #refreshedAt = 0;
  readonly memory = new MemoryCap();
  /** Callers that may come back are waited for until then. */
  lingerUntil = 0;

  constructor(options: PlanOptions<P, R>) {
    this.#options = options;
    this.#size = options.config.maxBatchSize;
    this.#schedule = new Schedule<PlannedBatch<P, R>>({
      runners: options.runners,
      costMs: (batch) => this.costMs(batch) ?? 0,
      heldUntil: (batch) => this.heldUntil(batch),
    });
  }

  /** c, the most rows that a batch is planned with: no row is cheaper in a larger one. */
  get size(): number {
    return this.#size;
  }

  get isCostKnown(): boolean {
    return this.#mostMs !== undefined;
  }

  /** Rows of one caller that go into one batch. */
  get mostRows(): number {
    return Math.min(this.#options.config.maxBatchSize, this.memory.rows);
  }

  /** What runs or waits, or what it costs, is not what it was. */
  changed(): void {
    this.#schedule.invalidate();
  }

  /** Takes in what has changed. To be called before anything is asked about starts and ends. */
  refresh(now: number): void {
    if (!this.#schedule.isStale && now <= this.#nextEnd) {
      return;
    }
    const { config, costModel, ends, runners } = this.#options;
    this.#mostMs = costModel.plan(config.maxUnits ?? config.maxBatchSize);
    const { maxBatchSize } = config;
    const best = config.maxUnits === undefined ? costModel.bestRows(maxBatchSize) : maxBatchSize;
    this.#size = Math.min(best, this.memory.rows);
    // what is overdue is taken to last as long again: of runs that stall, the longer ones are left
    const busy = ends().map((end) => (end < now ? 2 * now - end : end));
    this.#refreshedAt = now;
    this.#nextEnd = Math.min(...busy);
    this.#meanEnd = now + busy.reduce((sum, end) => sum + end - now, 0) / runners;
    this.#schedule.reset(busy, now);
  }

  /** The part of a time to an answer that is planned with. */
  limitMs(latencyMs: number): number {
    return latencyMs * MARGIN - (this.#options.config.slackMs ?? 0);
  }

  workOf(rows: number, units: number): number {
    return this.#options.config.maxUnits === undefined ? rows : rows * units;
  }

  /** Planned run time; undefined while the cost is unknown. */
  costMs(batch: PlannedBatch<P, R>): number | undefined {
    return this.#options.costModel.plan(this.workOf(batch.plannedRows, batch.units));
  }

  /** Planned run time of so many rows; 0 while the cost is unknown. */
  rowsMs(rows: number, units: number): number {
    return this.#options.costModel.plan(this.workOf(rows, units)) ?? 0;
  }

  /**
   * Planned run time of a batch by the size to which it will in all likelihood have grown after `growMs`.
   *
   * @param moreRows - that join it now
   */
  grownMs(batch: PlannedBatch<P, R>, growMs: number, moreRows = 0): number {
    const rows = batch.plannedRows + moreRows;
    const grown = Math.min(this.#size, rows + atLeast(this.expectedRows(growMs)));
    return this.rowsMs(batch.isOpen ? Math.max(rows, grown) : rows, batch.units);
  }

  /** Rows that come within so many milliseconds, if they go on as they did. */
  expectedRows(ms: number): number {
    return this.#options.rate.at(this.#refreshedAt) * ms;
  }

  /** What comes, as a share of what runners could do in batches without end; NaN while the cost is unknown. */
  get load(): number {
    const { costModel, runners } = this.#options;
    return (this.expectedRows(1) * (costModel.line?.betaMs ?? Number.NaN)) / runners;
  }

  /** Whether a batch has all the rows that it is to have. */
  isFull(batch: PlannedBatch<P, R>): boolean {
    const { maxUnits } = this.#options.config;
    return (
      !batch.isOpen ||
      batch.rows >= this.#size ||
      (maxUnits !== undefined && (batch.rows + 1) * batch.units > maxUnits)
    );
  }

  /** Until when a batch waits for others to join, whether or not a runner is free. */
  heldUntil(batch: PlannedBatch<P, R>): number {
    const { config, queue } = this.#options;
    const lingerUntil = batch === queue.batches[0] ? this.lingerUntil : 0;
    if ((config.maxWaitMs === 0 && lingerUntil === 0) || this.isFull(batch)) {
      return 0;
    }
    const until = Math.max(lingerUntil, batch.openedAt + config.maxWaitMs);
    return batch.planBy === Number.POSITIVE_INFINITY
      ? until
      : Math.min(until, batch.planBy - (this.#mostMs ?? 0));
  }

  /** When the batch at `index`, or one put there, starts. */
  startOf(index: number, now: number): number {
    return this.#schedule.startOf(this.#options.queue.batches, index, now);
  }

  /** When the batch at `index` starts, for all that it is held for others. */
  readyAt(index: number, now: number): number {
    const batch = this.#options.queue.batches[index];
    return Math.max(this.startOf(index, now), batch === undefined ? now : this.heldUntil(batch));
  }

  /** Whether all batches from `index` on end by when they have to. */
  keepsPromises(index: number, now: number): boolean {
    return this.#schedule.keepsPromises(this.#options.queue.batches, index, now);
  }

  /** No schedule of what waits ends later than this: Graham's bound, with each batch as long as the longest. */
  latestEnd(now: number): number {
    const { config, queue, runners } = this.#options;
    const mostMs = this.#mostMs ?? 0;
    const heldMs = config.maxWaitMs + Math.max(0, this.lingerUntil - now);
    const aheadMs = (queue.batches.length * mostMs) / runners;
    return this.#meanEnd + now - this.#refreshedAt + heldMs + aheadMs + mostMs;
  }
}

/** What comes in all likelihood of arrivals at random, of which so many are expected. */
function atLeast(expected: number): number {
  return Math.max(0, expected - GROWTH_DEVIATIONS * Math.sqrt(expected));
}
