/**
 * Lets callers in by plan: each gets a place in a batch that, if all runs as planned, ends in time, and none takes a place
 * that would break what another was promised. So a caller is refused when it comes, not after it has waited.
 *
 * @module
 */
import type { CostModel } from "../cost-model.ts";
import type { Arrival } from "./arrival.ts";
import type { ArrivalRate } from "./arrival-rate.ts";
import type { BatchQueue } from "./batch-queue.ts";
import type { BatcherConfig } from "./batcher-config.ts";
import { Job } from "./job.ts";
import { planSize } from "./plan-size.ts";
import { PlannedBatch } from "./planned-batch.ts";
import { Schedule } from "./schedule.ts";

/** Share of the time to an answer that is planned with. */
const MARGIN = 0.97;
/** Share of it that `low` callers leave to `normal` ones. */
const RESERVE = 0.25;

export interface AdmissionOptions<P, R> {
  readonly config: BatcherConfig;
  readonly costModel: CostModel;
  readonly runners: number;
  readonly queue: BatchQueue<P, R>;
  readonly rate: ArrivalRate;
  /** When each busy runner is expected to be free. */
  ends(): Iterable<number>;
}

export class Admission<P, R> {
  readonly #options: AdmissionOptions<P, R>;
  readonly #schedule: Schedule<PlannedBatch<P, R>>;
  /** c: rows to plan a batch with. */
  #size: number;
  /** U of the largest batch; undefined while the cost is unknown. */
  #mostMs: number | undefined;
  #endsMs = 0;
  #nextEnd = 0;
  #refreshedAt = 0;
  /** Callers that may come back are waited for until then. */
  lingerUntil = 0;

  constructor(options: AdmissionOptions<P, R>) {
    this.#options = options;
    this.#size = options.config.maxBatchSize;
    this.#schedule = new Schedule<PlannedBatch<P, R>>({
      runners: options.runners,
      costMs: (batch) => this.costMs(batch) ?? 0,
      heldUntil: (batch) => this.heldUntil(batch),
    });
  }

  /** c, the rows that a batch is planned with. */
  get plannedRows(): number {
    return this.#size;
  }

  /** What runs or waits, or what it costs, is not what it was. */
  changed(): void {
    this.#schedule.invalidate();
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

  /** Planned run time; undefined while the cost is unknown. */
  costMs(batch: PlannedBatch<P, R>): number | undefined {
    return this.#options.costModel.plan(this.workOf(batch.plannedRows, batch.units));
  }

  workOf(rows: number, units: number): number {
    return this.#options.config.maxUnits === undefined ? rows : rows * units;
  }

  /** Until when a batch waits for others to join, whether or not a runner is free. */
  heldUntil(batch: PlannedBatch<P, R>): number {
    const { maxWaitMs } = this.#options.config;
    const lingerUntil = batch === this.#options.queue.batches[0] ? this.lingerUntil : 0;
    if ((maxWaitMs === 0 && lingerUntil === 0) || this.isFull(batch)) {
      return 0;
    }
    const until = Math.max(lingerUntil, batch.openedAt + maxWaitMs);
    return batch.planBy === Number.POSITIVE_INFINITY
      ? until
      : Math.min(until, batch.planBy - (this.#mostMs ?? 0));
  }

  /** @param isIdle - nothing runs and nothing waits: the caller is let in, promised or not, for only work corrects a model */
  jobOf(arrival: Arrival<P, R>, now: number, isIdle: boolean): Job<P, R> {
    const { config, costModel } = this.#options;
    const limitMs = arrival.deadlineMs ?? config.maxLatencyMs;
    const planMs = this.#planMs(limitMs);
    const aloneMs = isIdle ? this.#aloneMs(arrival) : 0;
    return costModel.isTrained && aloneMs <= planMs
      ? new Job(arrival, now, { dueAt: now + limitMs, planBy: now + planMs })
      : new Job(arrival, now, {
          dueAt: Number.POSITIVE_INFINITY,
          planBy: Number.POSITIVE_INFINITY,
        });
  }

  /** Gives a caller its place; false when there is none. */
  admit(job: Job<P, R>, now: number): boolean {
    this.#refresh(now);
    const { config, queue } = this.#options;
    const { rows, priority = "normal", group = "" } = job.arrival;
    if (rows > config.maxBatchSize) {
      return this.#admitSplit(job, now);
    }
    const open = queue.openBatch(priority, group);
    if (open !== undefined && job.planBy < open.latestPlanBy && this.#admitEarlier(job, now)) {
      return true;
    }
    let isHeldBack = false;
    if (open?.isOpen === true && this.#hasRoom(open, job)) {
      if (this.#join(open, job, now)) {
        return true;
      }
      // its first callers cannot wait for more rows to be run; the next batch may, if there is time for all it will hold
      isHeldBack = open.promiseMs >= job.planBy - job.arrivedAt;
    }
    const tag = queue.nextTag(priority);
    const place = {
      index: queue.indexOfTag(tag),
      tag,
      now,
      isGrowing: isHeldBack || queue.batches.length === 0,
    };
    return this.#open(job, place) || this.#openLast(job, place);
  }

  /** When a caller that is refused now would be let in, in milliseconds from now. */
  retryAfterMs(now: number, random: () => number): number {
    if (this.#mostMs === undefined) {
      return 1000;
    }
    this.#refresh(now);
    const { config, costModel, queue } = this.#options;
    const startMs = this.#schedule.startOf(queue.batches, queue.batches.length, now) - now;
    const batchMs = costModel.plan(this.#size) ?? 0;
    const freeMs = Math.max(1, startMs + batchMs - this.#planMs(config.maxLatencyMs));
    return freeMs * (1 + 0.25 * (2 * random() - 1));
  }

  #refresh(now: number): void {
    const { config, costModel, ends, rate, runners } = this.#options;
    if (!this.#schedule.isStale && now <= this.#nextEnd) {
      return;
    }
    this.#mostMs = costModel.plan(config.maxUnits ?? config.maxBatchSize);
    this.#size =
      config.maxUnits === undefined
        ? planSize({
            costModel,
            cap: config.maxBatchSize,
            runners,
            limitMs: this.#planMs(config.maxLatencyMs),
            arrivalRate: rate.at(now),
          })
        : config.maxBatchSize;
    this.#refreshedAt = now;
    this.#endsMs = runners * now;
    this.#nextEnd = Number.POSITIVE_INFINITY;
    // what is overdue is taken to last as long again: of runs that stall, the longer ones are left
    const busy = Array.from(ends(), (end) => (end < now ? 2 * now - end : end));
    for (const end of busy) {
      this.#endsMs += Math.max(0, end - now);
      this.#nextEnd = Math.min(this.#nextEnd, Math.max(end, now));
    }
    this.#schedule.reset(busy, now);
  }

  #planMs(limitMs: number): number {
    return limitMs * MARGIN - (this.#options.config.slackMs ?? 0);
  }

  #hasRoom(batch: PlannedBatch<P, R>, { arrival }: Job<P, R>): boolean {
    const { maxUnits } = this.#options.config;
    const rows = batch.rows + arrival.rows;
    const units = Math.max(batch.units, arrival.units ?? 1);
    return rows <= this.#size && (maxUnits === undefined || rows * units <= maxUnits);
  }

  #join(batch: PlannedBatch<P, R>, job: Job<P, R>, now: number): boolean {
    const { batches } = this.#options.queue;
    const index = batches.at(-1) === batch ? batches.length - 1 : batches.indexOf(batch);
    const { planBy, latestPlanBy, promiseMs, units, plannedRows } = batch;
    const { rows } = job.arrival;
    batch.add({ job, from: 0, to: rows });
    if (!this.#holds(job, index, now)) {
      batch.undo({ planBy, latestPlanBy, promiseMs, units, plannedRows });
      return false;
    }
    this.#options.queue.count(rows, job);
    return true;
  }

  /** Opens a batch for a caller at `index`. */
  #open(job: Job<P, R>, { index, tag, now, isGrowing }: Place): boolean {
    const { queue } = this.#options;
    const { rows } = job.arrival;
    const batch = this.#batchOf(job, tag, now);
    batch.add({ job, from: 0, to: rows });
    queue.insert(batch, index);
    if (!this.#holds(job, index, now, isGrowing)) {
      queue.removeAt(index);
      job.planned = undefined;
      return false;
    }
    queue.open(batch);
    queue.count(rows, job);
    return true;
  }

  /** Its fair place would break a promise: behind all others it may still be in time. */
  #openLast(job: Job<P, R>, { index, tag, now, isGrowing }: Place): boolean {
    const { batches } = this.#options.queue;
    const last = batches.at(-1);
    return (
      last !== undefined &&
      index < batches.length &&
      this.#open(job, { index: batches.length, tag: Math.max(tag, last.tag), now, isGrowing })
    );
  }

  /** A caller in more of a hurry than one that waits goes before it. */
  #admitEarlier(job: Job<P, R>, now: number): boolean {
    const { batches } = this.#options.queue;
    const { priority = "normal", group = "" } = job.arrival;
    const index = batches.findIndex(
      (batch) =>
        batch.priority === priority &&
        batch.group === group &&
        batch.suspects === undefined &&
        batch.latestPlanBy > job.planBy,
    );
    const batch = batches[index];
    if (batch === undefined) {
      return false;
    }
    if (this.#hasRoom(batch, job) && this.#join(batch, job, now)) {
      return true;
    }
    const before = this.#batchOf(job, batch.tag, now);
    before.isOpen = false;
    before.add({ job, from: 0, to: job.arrival.rows });
    this.#options.queue.insert(before, index);
    if (this.#holds(job, index, now)) {
      this.#options.queue.count(job.arrival.rows, job);
      return true;
    }
    this.#options.queue.removeAt(index);
    job.planned = undefined;
    return false;
  }

  /** More rows than a batch takes: batches of its own, which take turns with those of others. */
  #admitSplit(job: Job<P, R>, now: number): boolean {
    const { config, queue } = this.#options;
    const { rows, priority = "normal" } = job.arrival;
    const added: PlannedBatch<P, R>[] = [];
    let tag = queue.nextTag(priority);
    let first = queue.batches.length;
    for (let from = 0; from < rows; from += config.maxBatchSize) {
      const batch = this.#batchOf(job, tag, now);
      batch.isOpen = false;
      batch.add({ job, from, to: Math.min(rows, from + config.maxBatchSize) });
      const index = queue.indexOfTag(tag);
      first = Math.min(first, index);
      queue.insert(batch, index);
      added.push(batch);
      tag = queue.tagAfter(batch);
    }
    if (!this.#holds(job, first, now)) {
      for (const batch of added) {
        queue.removeAt(queue.batches.indexOf(batch));
      }
      job.planned = undefined;
      return false;
    }
    const [head] = added;
    if (head !== undefined) {
      queue.open(head);
    }
    queue.count(rows, job);
    return true;
  }

  #batchOf(job: Job<P, R>, tag: number, openedAt: number): PlannedBatch<P, R> {
    const { priority = "normal", group = "" } = job.arrival;
    return new PlannedBatch<P, R>({ group, priority, tag, openedAt });
  }

  /** Whether all from the batch at `index` on, where `job` was put, end in time; for `low` ones with time to spare. */
  #holds(job: Job<P, R>, index: number, now: number, isGrowing = index === 0): boolean {
    const { batches } = this.#options.queue;
    const batch = batches[index];
    if (batch === undefined || this.#mostMs === undefined) {
      return true;
    }
    const reserve = job.arrival.priority === "low" ? RESERVE * (job.planBy - job.arrivedAt) : 0;
    const ownBy = job.planBy - reserve;
    if (index === batches.length - 1 && this.#latestEnd(now) <= Math.min(ownBy, batch.planBy)) {
      return true;
    }
    const start = Math.max(this.#schedule.startOf(batches, index, now), this.heldUntil(batch));
    return (
      start + this.#grownMs(batch, isGrowing ? start - now : 0) <= ownBy &&
      this.#schedule.keepsPromises(batches, index, now)
    );
  }

  /** No schedule of what waits ends later than this: Graham's bound, with each batch as long as the longest. */
  #latestEnd(now: number): number {
    const { config, queue, runners } = this.#options;
    const mostMs = this.#mostMs ?? 0;
    const heldMs = config.maxWaitMs + Math.max(0, this.lingerUntil - now);
    const meanEnd = this.#endsMs / runners + now - this.#refreshedAt;
    return meanEnd + heldMs + (queue.batches.length * mostMs) / runners + mostMs;
  }

  /** The run time of a batch by the size to which it will have grown after `growMs`. */
  #grownMs(batch: PlannedBatch<P, R>, growMs: number): number {
    const { costModel, rate } = this.#options;
    const grown = batch.plannedRows + rate.at(this.#refreshedAt) * growMs;
    const rows = batch.isOpen
      ? Math.max(batch.plannedRows, Math.min(this.#size, grown))
      : batch.plannedRows;
    return costModel.plan(this.workOf(rows, batch.units)) ?? 0;
  }

  #aloneMs({ rows, units = 1 }: Arrival<P, R>): number {
    const { config, costModel, runners } = this.#options;
    const { maxBatchSize } = config;
    const rounds = Math.ceil(Math.ceil(rows / maxBatchSize) / runners);
    return rounds * (costModel.plan(this.workOf(Math.min(rows, maxBatchSize), units)) ?? 0);
  }
}

interface Place {
  readonly index: number;
  readonly tag: number;
  readonly now: number;
  /** Whether there has to be time for the rows that will join it. */
  readonly isGrowing: boolean;
}
