/**
 * The batches that wait for a runner, in the order in which they will run. Two classes share by start-time fair queueing
 * on predicted run time: `normal` gets four times the share of `low`, neither can starve the other. A caller with more
 * rows than a batch takes turns with the callers that come after it.
 *
 * @module
 */
import type { Job, Part } from "./job.ts";
import { PlannedBatch, type Priority } from "./planned-batch.ts";

const SHARE = { normal: 4, low: 1 } as const satisfies Record<Priority, number>;

export class BatchQueue<P, R> {
  readonly batches: PlannedBatch<P, R>[] = [];
  readonly #costMs: (rows: number) => number;
  readonly #open = {
    normal: new Map<string, PlannedBatch<P, R>>(),
    low: new Map<string, PlannedBatch<P, R>>(),
  };
  /** The batch that each class opened last, run or not. */
  readonly #last: { [K in Priority]: PlannedBatch<P, R> | undefined } = {
    normal: undefined,
    low: undefined,
  };
  /** The tag of the batch that ran last. */
  #tag = 0;
  #rows = 0;
  #bytes = 0;

  /** @param costMs - expected run time of a batch of so many rows, or any other measure of its work */
  constructor(costMs: (rows: number) => number) {
    this.#costMs = costMs;
  }

  /** Rows that wait. */
  get rows(): number {
    return this.#rows;
  }

  /** Memory that waits, in bytes. */
  get bytes(): number {
    return this.#bytes;
  }

  /** The batch that rows of this kind would join. */
  openBatch(priority: Priority, group: string): PlannedBatch<P, R> | undefined {
    return this.#open[priority].get(group);
  }

  /** The groups of which rows of this class wait in a batch that takes more. */
  openGroups(priority: Priority): readonly string[] {
    return [...this.#open[priority].keys()];
  }

  /** The tag of a batch of this class that is opened now. */
  nextTag(priority: Priority): number {
    const last = this.#last[priority];
    return last === undefined ? this.#tag : Math.max(this.#tag, this.tagAfter(last));
  }

  /** The tag of what follows a batch in its class. */
  tagAfter(batch: PlannedBatch<P, R>): number {
    return batch.tag + this.#costMs(Math.max(1, batch.rows)) / SHARE[batch.priority];
  }

  /** Where a batch with this tag stands: behind all that have the same. */
  indexOfTag(tag: number): number {
    let index = this.batches.length;
    while (index > 0 && (this.batches[index - 1]?.tag ?? 0) > tag) {
      index -= 1;
    }
    return index;
  }

  insert(batch: PlannedBatch<P, R>, index: number): void {
    batch.isQueued = true;
    if (index === this.batches.length) {
      this.batches.push(batch);
    } else {
      this.batches.splice(index, 0, batch);
    }
  }

  /** Takes an {@link insert} back. */
  removeAt(index: number): void {
    for (const batch of this.batches.splice(index, 1)) {
      batch.isQueued = false;
    }
  }

  /** A batch that was inserted takes the rows of later callers; the one that did so before is closed. */
  open(batch: PlannedBatch<P, R>): void {
    const open = this.#open[batch.priority];
    const before = open.get(batch.group);
    if (before !== undefined) {
      before.isOpen = false;
    }
    open.set(batch.group, batch);
    this.#last[batch.priority] = batch;
  }

  /** Rows are let in. */
  count(rows: number, job: Job<P, R>): void {
    this.#rows += rows;
    this.#bytes += shareOf(job, rows);
  }

  /** Takes the first batch. */
  shift(): PlannedBatch<P, R> | undefined {
    const batch = this.batches.shift();
    if (batch !== undefined) {
      this.#tag = Math.max(this.#tag, batch.tag);
      this.#forget(batch);
      for (const { job, from, to } of batch.parts) {
        if (!job.isSettled) {
          this.#uncount(to - from, job);
        }
      }
    }
    return batch;
  }

  /** Takes the first callers of the first batch, of at most so many rows but one caller at least; the others stay first. */
  shiftRows(maxRows: number): PlannedBatch<P, R> | undefined {
    const [head] = this.batches;
    if (head === undefined || head.suspects !== undefined || head.rows <= maxRows) {
      return this.shift();
    }
    const isOpen = this.openBatch(head.priority, head.group) === head;
    this.shift();
    const taken = new PlannedBatch<P, R>(head);
    const rest = new PlannedBatch<P, R>(head);
    rest.isOpen = head.isOpen;
    for (const part of head.parts.filter(({ job }) => !job.isSettled)) {
      const rows = part.to - part.from;
      if (rest.rows === 0 && (taken.rows === 0 || taken.rows + rows <= maxRows)) {
        taken.add(part);
      } else {
        rest.add(part);
        this.count(rows, part.job);
      }
    }
    if (rest.rows > 0) {
      this.insert(rest, 0);
      if (isOpen) {
        this.open(rest);
      }
    }
    return taken;
  }

  /**
   * Puts the callers of the batch at `index`, which is not the first, into the first one.
   *
   * @returns takes that back, as long as nothing else has changed
   */
  merge(index: number): () => void {
    const pair = [this.batches[0], this.batches[index]].filter((batch) => batch !== undefined);
    const [head, other] = pair;
    if (head === undefined || other === undefined) {
      return () => {};
    }
    const whole = new PlannedBatch<P, R>(head);
    whole.isOpen = false;
    for (const part of pair.flatMap(({ parts }) => parts)) {
      if (!part.job.isSettled) {
        whole.add(part);
      }
    }
    const wereOpen = pair.map((batch) => this.openBatch(batch.priority, batch.group) === batch);
    this.removeAt(index);
    this.removeAt(0);
    for (const batch of pair) {
      this.#forget(batch);
    }
    this.insert(whole, 0);
    return () => {
      this.removeAt(0);
      this.insert(head, 0);
      this.insert(other, index);
      for (const [at, batch] of pair.entries()) {
        for (const part of batch.parts) {
          part.job.planned = batch;
        }
        if (wereOpen[at] === true) {
          this.#open[batch.priority].set(batch.group, batch);
        }
      }
    };
  }

  /** Takes the first caller of the next batch of the same kind, if it has at most so many rows. */
  pull(like: PlannedBatch<P, R>, maxRows: number): Part<P, R> | undefined {
    const index = this.batches.findIndex(
      (batch) =>
        batch.group === like.group &&
        batch.priority === like.priority &&
        batch.suspects === undefined,
    );
    const batch = this.batches[index];
    const [part] = batch?.parts ?? [];
    if (batch === undefined || part === undefined || part.to - part.from > maxRows) {
      return undefined;
    }
    batch.parts.shift();
    if (!part.job.isSettled) {
      batch.rows -= part.to - part.from;
      this.#uncount(part.to - part.from, part.job);
    }
    if (batch.rows === 0) {
      this.#remove(batch);
    }
    return part;
  }

  /** A caller has its outcome: none of its rows wait any more. To be called before it is settled. */
  release(job: Job<P, R>): boolean {
    const isWhole = job.planned?.parts.some((part) => part.job === job && isAll(part)) ?? false;
    const places = isWhole && job.planned !== undefined ? [job.planned] : [...this.batches];
    let isReleased = false;
    for (const batch of places) {
      const rows = batch.isQueued ? batch.release(job) : 0;
      if (rows > 0) {
        isReleased = true;
        this.#uncount(rows, job);
        if (batch.rows === 0) {
          this.#remove(batch);
        }
      }
    }
    return isReleased;
  }

  #remove(batch: PlannedBatch<P, R>): void {
    this.batches.splice(this.batches.indexOf(batch), 1);
    this.#forget(batch);
  }

  #forget(batch: PlannedBatch<P, R>): void {
    batch.isQueued = false;
    if (this.#open[batch.priority].get(batch.group) === batch) {
      this.#open[batch.priority].delete(batch.group);
    }
  }

  #uncount(rows: number, job: Job<P, R>): void {
    this.#rows -= rows;
    this.#bytes = this.#rows === 0 ? 0 : this.#bytes - shareOf(job, rows);
  }
}

function shareOf<P, R>({ arrival }: Job<P, R>, rows: number): number {
  return arrival.bytes === undefined ? 0 : (arrival.bytes * rows) / arrival.rows;
}

function isAll<P, R>({ job, from, to }: Part<P, R>): boolean {
  return to - from === job.arrival.rows;
}
