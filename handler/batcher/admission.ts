/**
 * Lets callers in by plan: each gets a place in a batch that, if all runs as planned, ends in time, and none takes a place
 * that would break what another was promised. So a caller is refused when it comes, not after it has waited.
 *
 * @module
 */
import type { CostModel } from "../cost-model.ts";
import type { Arrival } from "./arrival.ts";
import type { BatchQueue } from "./batch-queue.ts";
import type { BatcherConfig } from "./batcher-config.ts";
import { Job } from "./job.ts";
import { type Overtaken, overtaken } from "./overtake.ts";
import type { Plan } from "./plan.ts";
import { PlannedBatch, type Priority } from "./planned-batch.ts";

/** Share of the queue's bound that `low` callers may fill. */
const LOW_SHARE = 0.75;

/** Share of their time to an answer that `low` callers leave to `normal` ones. */
const RESERVE = 0.25;

/** A caller whose rows are not known yet. */
export interface Asked {
  readonly rows: number;
  /** @default "normal" */
  readonly priority?: Priority | undefined;
  /** When the process got it, by the clock. @default now */
  readonly arrivedAt?: number | undefined;
  /** How much earlier than it has to it is to be done, in milliseconds. @default 0 */
  readonly spareMs?: number | undefined;
}

export interface AdmissionOptions<P, R> {
  readonly config: BatcherConfig;
  readonly costModel: CostModel;
  readonly runners: number;
  readonly queue: BatchQueue<P, R>;
  readonly plan: Plan<P, R>;
}

export class Admission<P, R> {
  readonly #options: AdmissionOptions<P, R>;
  /** Whether places are looked for and not taken. */
  #isTrial = false;
  /** What who takes a place is to leave of the time to its answer. */
  #spareMs = 0;

  constructor(options: AdmissionOptions<P, R>) {
    this.#options = options;
  }

  /** @param isIdle - nothing runs and nothing waits: the caller is let in, promised or not, for only work corrects a model */
  jobOf(arrival: Arrival<P, R>, now: number, isIdle: boolean): Job<P, R> {
    const { config, costModel } = this.#options;
    const limitMs = arrival.deadlineMs ?? config.maxLatencyMs;
    const arrivedAt = Math.min(now, arrival.arrivedAt ?? now);
    const aloneMs = isIdle ? this.#aloneMs(arrival) : 0;
    const wantedBy = arrivedAt + this.#options.plan.limitMs(limitMs);
    return costModel.isTrained && (!isIdle || now + aloneMs <= wantedBy)
      ? new Job(arrival, arrivedAt, { dueAt: arrivedAt + limitMs, planBy: wantedBy, wantedBy })
      : new Job(arrival, arrivedAt, {
          dueAt: Number.POSITIVE_INFINITY,
          planBy: Number.POSITIVE_INFINITY,
          wantedBy,
        });
  }

  /** Gives a caller its place; false when there is none. */
  admit(job: Job<P, R>, now: number): boolean {
    const { plan, queue } = this.#options;
    plan.refresh(now);
    const { rows, priority = "normal", group = "", units = 1 } = job.arrival;
    if (rows > plan.mostRows) {
      return this.#admitSplit(job, now);
    }
    const open = queue.openBatch(priority, group);
    const hurryMs = open === undefined ? 0 : open.latestWantedBy - job.wantedBy;
    // turns of the event loop mix the order a little: a run of its own for that would cost those behind it more than it is worth
    if (hurryMs > plan.rowsMs(plan.size, 1) && this.#admitEarlier(job, now)) {
      return true;
    }
    if (open?.isOpen === true && this.#hasRoom(open, job)) {
      if (this.#join(open, job, now)) {
        return true;
      } // its first callers cannot wait for more rows to be run; the next batch may, if there is time for all it will hold
    }
    const tag = queue.nextTag(priority);
    const place = { index: queue.indexOfTag(tag), tag, now };
    return (
      this.#open(job, place) ||
      this.#openLast(job, place) ||
      (hurryMs > plan.rowsMs(rows, units) && this.#admitEarlier(job, now))
    );
  }

  /** Whether the queue is full. */
  isOverBound({
    rows,
    bytes = 0,
    priority,
  }: Pick<Arrival<P, R>, "rows" | "bytes" | "priority">): boolean {
    const { config, queue } = this.#options;
    const { maxQueueRows, maxQueueBytes = Number.POSITIVE_INFINITY } = config;
    const share = priority === "low" ? LOW_SHARE : 1;
    return (
      queue.rows > 0 &&
      (queue.rows + rows > share * maxQueueRows || queue.bytes + bytes > share * maxQueueBytes)
    );
  }

  /** Those who may give way for a caller that gets no place, so that it gets one. */
  overtakenBy(job: Job<P, R>, now: number): Overtaken<P, R> | undefined {
    const { plan, queue } = this.#options;
    return overtaken(job, { plan, queue, now });
  }

  /** Whether so many rows would get a place while others are at work, in a batch of whichever group; changes nothing. */
  wouldAdmit(asked: Asked, now: number): boolean {
    const { queue } = this.#options;
    const groups = queue.openGroups(asked.priority ?? "normal");
    this.#isTrial = true;
    this.#spareMs = asked.spareMs ?? 0;
    const isAdmitted = (groups.length === 0 ? [""] : groups).some((group) => {
      const arrival = { ...asked, group, payload: undefined as P, settle() {} };
      const job = this.jobOf(arrival, now, false);
      return (
        this.admit(job, now) || (this.#spareMs === 0 && this.overtakenBy(job, now) !== undefined)
      );
    });
    this.#isTrial = false;
    this.#spareMs = 0;
    return isAdmitted;
  }

  /** When a caller that is refused now would be let in, in milliseconds from now. */
  retryAfterMs(now: number, random: () => number): number {
    this.#options.plan.refresh(now);
    if (!this.#options.plan.isCostKnown) {
      return 1000;
    }
    const { config, costModel, queue } = this.#options;
    const startMs = this.#options.plan.startOf(queue.batches.length, now) - now;
    const batchMs = costModel.plan(this.#options.plan.size) ?? 0;
    const freeMs = Math.max(1, startMs + batchMs - this.#options.plan.limitMs(config.maxLatencyMs));
    return freeMs * (1 + 0.25 * (2 * random() - 1));
  }

  #hasRoom(batch: PlannedBatch<P, R>, { arrival }: Job<P, R>): boolean {
    const { maxUnits } = this.#options.config;
    const rows = batch.rows + arrival.rows;
    const units = Math.max(batch.units, arrival.units ?? 1);
    return rows <= this.#options.plan.size && (maxUnits === undefined || rows * units <= maxUnits);
  }

  #join(batch: PlannedBatch<P, R>, job: Job<P, R>, now: number): boolean {
    const { batches } = this.#options.queue;
    const index = batches.at(-1) === batch ? batches.length - 1 : batches.indexOf(batch);
    const { planBy, latestWantedBy, units, plannedRows } = batch;
    const { rows } = job.arrival;
    batch.add({ job, from: 0, to: rows });
    const holds = this.#holds(job, index, now);
    if (!holds || this.#isTrial) {
      batch.undo({ planBy, latestWantedBy, units, plannedRows });
      return holds;
    }
    this.#options.queue.count(rows, job);
    return true;
  }

  /** Opens a batch for a caller at `index`. */
  #open(job: Job<P, R>, { index, tag, now }: Place): boolean {
    const { queue } = this.#options;
    const { rows } = job.arrival;
    const batch = this.#batchOf(job, tag, now);
    batch.add({ job, from: 0, to: rows });
    queue.insert(batch, index);
    const holds = this.#holds(job, index, now);
    if (!holds || this.#isTrial) {
      queue.removeAt(index);
      job.planned = undefined;
      return holds;
    }
    queue.open(batch);
    queue.count(rows, job);
    return true;
  }

  /** Its fair place would break a promise: behind all others it may still be in time. */
  #openLast(job: Job<P, R>, { index, tag, now }: Place): boolean {
    const { batches } = this.#options.queue;
    const last = batches.at(-1);
    return (
      last !== undefined &&
      index < batches.length &&
      this.#open(job, { index: batches.length, tag: Math.max(tag, last.tag), now })
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
        batch.latestWantedBy > job.wantedBy,
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
    const holds = this.#holds(job, index, now);
    if (!holds || this.#isTrial) {
      this.#options.queue.removeAt(index);
      job.planned = undefined;
      return holds;
    }
    this.#options.queue.count(job.arrival.rows, job);
    return true;
  }

  /** More rows than a batch takes: batches of its own, which take turns with those of others. */
  #admitSplit(job: Job<P, R>, now: number): boolean {
    const { plan, queue } = this.#options;
    const { rows, priority = "normal" } = job.arrival;
    const added: PlannedBatch<P, R>[] = [];
    let tag = queue.nextTag(priority);
    let first = queue.batches.length;
    const { mostRows } = plan;
    for (let from = 0; from < rows; from += mostRows) {
      const batch = this.#batchOf(job, tag, now);
      batch.isOpen = false;
      batch.add({ job, from, to: Math.min(rows, from + mostRows) });
      const index = queue.indexOfTag(tag);
      first = Math.min(first, index);
      queue.insert(batch, index);
      added.push(batch);
      tag = queue.tagAfter(batch);
    }
    const holds = this.#holds(job, first, now);
    if (!holds || this.#isTrial) {
      for (const batch of added) {
        queue.removeAt(queue.batches.indexOf(batch));
      }
      job.planned = undefined;
      return holds;
    }
    const [head] = added;
    if (head !== undefined) {
      queue.open(head);
    }
    queue.count(rows, job);
    return true;
  }

  #batchOf(job: Job<P, R>, tag: number, openedAt: number): PlannedBatch<P, R> {
    const { priority = "normal", group = "", family } = job.arrival;
    return new PlannedBatch<P, R>({ group, family, priority, tag, openedAt });
  }

  /** Whether all from the batch at `index` on, where `job` was put, end in time; for `low` ones with time to spare. */
  #holds(job: Job<P, R>, index: number, now: number): boolean {
    const { plan, queue } = this.#options;
    const { batches } = queue;
    const batch = batches[index];
    if (batch === undefined || !plan.isCostKnown) {
      return true;
    }
    const reserve = job.arrival.priority === "low" ? RESERVE * (job.planBy - job.arrivedAt) : 0;
    const ownBy = job.planBy - reserve - this.#spareMs;
    if (index === batches.length - 1 && plan.latestEnd(now) <= Math.min(ownBy, batch.planBy)) {
      return true;
    }
    const start = plan.readyAt(index, now);
    return start + plan.grownMs(batch, start - now) <= ownBy && plan.keepsPromises(index, now);
  }

  #aloneMs({ rows, units = 1 }: Arrival<P, R>): number {
    const { config, costModel, runners } = this.#options;
    const { maxBatchSize } = config;
    const rounds = Math.ceil(Math.ceil(rows / maxBatchSize) / runners);
    return (
      rounds * (costModel.plan(this.#options.plan.workOf(Math.min(rows, maxBatchSize), units)) ?? 0)
    );
  }
}

interface Place {
  readonly index: number;
  readonly tag: number;
  readonly now: number;
}
