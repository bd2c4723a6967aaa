/**
 * A caller whose rows are in the batcher's hands: from the moment it is let in until it has its one outcome.
 *
 * @module
 */
import type { Arrival, Outcome, Piece } from "./arrival.ts";
import type { PlannedBatch } from "./planned-batch.ts";

export class Job<P, R> {
  readonly arrival: Arrival<P, R>;
  readonly arrivedAt: number;
  /** When the answer is due; infinite for a caller to whom nothing was promised. */
  readonly dueAt: number;
  /** {@link dueAt} less the margin: what is planned ends by then. */
  readonly planBy: number;
  /** What {@link planBy} would be if it were promised: callers in more of a hurry go before it. */
  readonly wantedBy: number;
  /** The batch that its rows wait in; of a split caller the last one that it went into. */
  planned: PlannedBatch<P, R> | undefined;
  #received = 0;
  #isSettled = false;
  #pieces: { readonly piece: Piece<R>; readonly start: number }[] | undefined;

  constructor(
    arrival: Arrival<P, R>,
    arrivedAt: number,
    due: { readonly dueAt: number; readonly planBy: number; readonly wantedBy: number },
  ) {
    this.arrival = arrival;
    this.arrivedAt = arrivedAt;
    this.dueAt = due.dueAt;
    this.planBy = due.planBy;
    this.wantedBy = due.wantedBy;
  }

  get isSettled(): boolean {
    return this.#isSettled;
  }

  /** Takes results of its rows from `start` on; true when they were the last ones. */
  receive(piece: Piece<R>, start: number): boolean {
    const { rows } = this.arrival;
    const count = piece.to - piece.from;
    if (count === rows) {
      this.settle({ kind: "done", pieces: [piece] });
      return true;
    }
    this.#pieces ??= [];
    this.#pieces.push({ piece, start });
    this.#received += count;
    if (this.#received < rows) {
      return false;
    }
    // runners may finish in another order than they began
    const pieces = this.#pieces.sort((a, b) => a.start - b.start).map(({ piece: one }) => one);
    this.settle({ kind: "done", pieces });
    return true;
  }

  /** The first outcome counts. */
  settle(outcome: Outcome<R>): void {
    if (!this.#isSettled) {
      this.#isSettled = true;
      this.arrival.settle(outcome);
    }
  }
}

/** Rows `from` (inclusive) to `to` (exclusive) of a job. */
export interface Part<P, R> {
  readonly job: Job<P, R>;
  readonly from: number;
  readonly to: number;
}
