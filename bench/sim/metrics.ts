/**
 * What a run of the simulation is judged by. Latency counts from when a request was due; a request that is rejected or
 * answered too late is lost.
 *
 * @module
 */
import type { Request } from "./policy.ts";

export interface Summary {
  /** Requests that arrived while it was measured. */
  readonly offered: number;
  readonly offeredPerS: number;
  /** Rows answered within the deadline, in a second. */
  readonly goodRowsPerS: number;
  /** Of the offered requests: answered within the deadline. */
  readonly goodShare: number;
  /** Of the answers: those after the deadline. */
  readonly lateShare: number;
  readonly rejectedAtOnce: number;
  readonly rejectedAfterWait: number;
  /** Of the answered, in milliseconds; NaN when there was none. */
  readonly meanMs: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
  readonly meanBatchRows: number;
  readonly largestBatchRows: number;
  /** Share of the time in which runners were busy. */
  readonly utilisation: number;
  /** Requests that were open, on average over time. */
  readonly meanOpen: number;
  /** Longest time that rows waited beside a free runner, in milliseconds. */
  readonly longestIdleMs: number;
  /** That this lasted for more than {@link LIVELOCK_RUNS} mean runs. */
  readonly isLivelocked: boolean;
  /** Over the whole run, the warm-up included. */
  readonly total: {
    readonly arrived: number;
    readonly answered: number;
    readonly rejected: number;
    readonly open: number;
  };
  /** Of all outcomes and when they happened. */
  readonly hash: number;
}

export const LIVELOCK_RUNS = 50;

export interface MetricsOptions {
  readonly runners: number;
  readonly fromMs: number;
  readonly untilMs: number;
  readonly deadlineMs: number;
}

export class Metrics {
  readonly #options: MetricsOptions;
  readonly #latencies: number[] = [];
  readonly #total = { arrived: 0, answered: 0, rejected: 0 };
  readonly #float = new Float64Array(1);
  readonly #words = new Uint32Array(this.#float.buffer);
  #offered = 0;
  #good = 0;
  #goodRows = 0;
  #atOnce = 0;
  #afterWait = 0;
  #batches = 0;
  #batchRows = 0;
  #largestBatch = 0;
  #runs = 0;
  #runMs = 0;
  #busyMs = 0;
  #openArea = 0;
  #at = 0;
  #running = 0;
  #waitingRows = 0;
  #idleFrom: number | undefined;
  #longestIdleMs = 0;
  #hash = 0x811c9dc5;

  constructor(options: MetricsOptions) {
    this.#options = options;
  }

  /** The clock has moved on. */
  passed(now: number): void {
    const { fromMs, untilMs } = this.#options;
    const measuredMs = Math.min(now, untilMs) - Math.max(this.#at, fromMs);
    if (measuredMs > 0) {
      this.#openArea += measuredMs * this.#open;
      this.#busyMs += measuredMs * this.#running;
    }
    this.#at = now;
    if (this.#idleFrom !== undefined) {
      this.#longestIdleMs = Math.max(this.#longestIdleMs, now - this.#idleFrom);
    }
  }

  arrived(request: Request): void {
    this.#total.arrived += 1;
    this.#waitingRows += request.rows;
    this.#offered += Number(this.#isMeasured(request));
    this.#watch(request.at);
  }

  started(rows: number, durationMs: number, now: number): void {
    this.#runs += 1;
    this.#runMs += durationMs;
    this.#running += 1;
    this.#waitingRows -= rows;
    if (now >= this.#options.fromMs && now < this.#options.untilMs) {
      this.#batches += 1;
      this.#batchRows += rows;
      this.#largestBatch = Math.max(this.#largestBatch, rows);
    }
    this.#idleFrom = undefined;
    this.#watch(now);
  }

  ended(now: number): void {
    this.#running -= 1;
    this.#watch(now);
  }

  answered(request: Request, now: number): void {
    this.#total.answered += 1;
    this.#note(request.id, now);
    if (this.#isMeasured(request)) {
      const latencyMs = now - request.at;
      this.#latencies.push(latencyMs);
      if (latencyMs <= this.#options.deadlineMs) {
        this.#good += 1;
        this.#goodRows += request.rows;
      }
    }
  }

  rejected(request: Request, now: number): void {
    this.#total.rejected += 1;
    this.#waitingRows -= request.rows;
    this.#note(~request.id, now);
    if (this.#isMeasured(request)) {
      this.#atOnce += Number(now === request.at);
      this.#afterWait += Number(now > request.at);
    }
    this.#watch(now);
  }

  summary(now: number): Summary {
    this.passed(now);
    const { runners, fromMs, untilMs } = this.#options;
    const measuredMs = untilMs - fromMs;
    const sorted = Float64Array.from(this.#latencies).sort();
    const rank = (share: number) => sorted[Math.ceil(share * sorted.length) - 1] ?? Number.NaN;
    return {
      offered: this.#offered,
      offeredPerS: (1000 * this.#offered) / measuredMs,
      goodRowsPerS: (1000 * this.#goodRows) / measuredMs,
      goodShare: this.#good / this.#offered,
      lateShare: sorted.length === 0 ? 0 : 1 - this.#good / sorted.length,
      rejectedAtOnce: this.#atOnce,
      rejectedAfterWait: this.#afterWait,
      meanMs: sorted.reduce((sum, latencyMs) => sum + latencyMs, 0) / sorted.length,
      p50Ms: rank(0.5),
      p99Ms: rank(0.99),
      maxMs: rank(1),
      meanBatchRows: this.#batchRows / this.#batches,
      largestBatchRows: this.#largestBatch,
      utilisation: this.#busyMs / measuredMs / runners,
      meanOpen: this.#openArea / measuredMs,
      longestIdleMs: this.#longestIdleMs,
      isLivelocked: this.#longestIdleMs > (LIVELOCK_RUNS * this.#runMs) / this.#runs,
      total: { ...this.#total, open: this.#open },
      hash: this.#hash >>> 0,
    };
  }

  get #open(): number {
    return this.#total.arrived - this.#total.answered - this.#total.rejected;
  }

  #isMeasured(request: Request): boolean {
    return request.at >= this.#options.fromMs && request.at < this.#options.untilMs;
  }

  /** Rows that wait beside a free runner: since when. */
  #watch(now: number): void {
    const isIdle = this.#waitingRows > 0 && this.#running < this.#options.runners;
    this.#idleFrom = isIdle ? (this.#idleFrom ?? now) : undefined;
  }

  #note(id: number, now: number): void {
    this.#float[0] = now;
    const hash = Math.imul(this.#hash ^ id, 0x01000193);
    const low = Math.imul(hash ^ (this.#words[0] ?? 0), 0x01000193);
    this.#hash = Math.imul(low ^ (this.#words[1] ?? 0), 0x01000193);
  }
}
