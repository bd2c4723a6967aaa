/**
 * When runners become free if the batches that wait are run in their order, each taking its planned time. The plan is
 * monotone: a batch that is smaller, or ends sooner than planned, makes no other one start later.
 *
 * @module
 */

export interface ScheduledBatch {
  readonly plannedRows: number;
  readonly planBy: number;
}

export interface ScheduleOptions<B extends ScheduledBatch> {
  readonly runners: number;
  /** Planned run time of a batch, in milliseconds. */
  costMs(batch: B): number;
  /** A batch does not start before this. */
  heldUntil(batch: B): number;
}

export class Schedule<B extends ScheduledBatch> {
  readonly #options: ScheduleOptions<B>;
  /** Ends of what runs now, one entry a runner; what is past means free. */
  readonly #ends: Float64Array;
  /** {@link #ends} once the first {@link #count} batches have run. */
  readonly #after: Float64Array;
  readonly #scratch: Float64Array;
  #count = 0;
  #isStale = true;

  constructor(options: ScheduleOptions<B>) {
    this.#options = options;
    this.#ends = new Float64Array(options.runners);
    this.#after = new Float64Array(options.runners);
    this.#scratch = new Float64Array(options.runners);
  }

  /** The runners' work or the order of the batches has changed. */
  invalidate(): void {
    this.#isStale = true;
  }

  /** @param ends - when each busy runner is expected to be free */
  reset(ends: Iterable<number>, now: number): void {
    this.#ends.fill(now);
    let runner = 0;
    for (const end of ends) {
      this.#ends[runner] = Math.max(end, now);
      runner += 1;
    }
    this.#after.set(this.#ends);
    this.#count = 0;
    this.#isStale = false;
  }

  get isStale(): boolean {
    return this.#isStale;
  }

  /** When the batch at `index` starts. */
  startOf(batches: readonly B[], index: number, now: number): number {
    if (this.#count > index) {
      this.#after.set(this.#ends);
      this.#count = 0;
    }
    for (; this.#count < index; this.#count += 1) {
      this.#take(this.#after, batches[this.#count], now);
    }
    return Math.max(now, earliest(this.#after).at);
  }

  /** Whether all batches from `index` on end by when they have to. */
  keepsPromises(batches: readonly B[], index: number, now: number): boolean {
    this.startOf(batches, index, now);
    this.#scratch.set(this.#after);
    for (let at = index; at < batches.length; at += 1) {
      const batch = batches[at];
      const end = this.#take(this.#scratch, batch, now);
      if (batch !== undefined && end > batch.planBy) {
        return false;
      }
    }
    return true;
  }

  #take(free: Float64Array, batch: B | undefined, now: number): number {
    if (batch === undefined) {
      return now;
    }
    const { runner, at } = earliest(free);
    const start = Math.max(at, now, this.#options.heldUntil(batch));
    const end = start + this.#options.costMs(batch);
    free[runner] = end;
    return end;
  }
}

function earliest(free: Float64Array): { readonly runner: number; readonly at: number } {
  let runner = 0;
  let at = free[0] ?? 0;
  for (let other = 1; other < free.length; other += 1) {
    const end = free[other] ?? 0;
    if (end < at) {
      runner = other;
      at = end;
    }
  }
  return { runner, at };
}
