/**
 * A submission on its way through a batcher, and the promise of its caller.
 *
 * @module
 */
import { BentoError } from "../core/bento-error.ts";
import type { Arrival, Outcome, Piece } from "./batcher.ts";
import type { Cancellation } from "./cancellation.ts";
import { overloaded } from "./overload.ts";

/** Rows for a {@link BatchLoop}, with what {@link Arrival} says of each field. */
export interface Submission<P>
  extends Pick<
    Arrival<P, unknown>,
    | "rows"
    | "payload"
    | "group"
    | "family"
    | "deadlineMs"
    | "arrivedAt"
    | "priority"
    | "bytes"
    | "units"
  > {
  readonly signal?: Cancellation | undefined;
  /** Told when the rows are refused. */
  readonly onRefused?: (() => void) | undefined;
}

/** What the batcher is given for a submission: it keeps the promise, and listens for its end where there is a signal. */
export class BatchCall<P, R> implements Arrival<P, R> {
  readonly rows: number;
  readonly payload: P;
  readonly group: string | undefined;
  readonly family: string | undefined;
  readonly deadlineMs: number | undefined;
  readonly arrivedAt: number | undefined;
  readonly priority: "normal" | "low" | undefined;
  readonly bytes: number | undefined;
  readonly units: number | undefined;
  readonly signal: Cancellation | undefined;
  readonly #subject: string;
  readonly #promise: Pick<BatchCallOptions<P, R>, "isLate" | "onBroken">;
  readonly #onRefused: (() => void) | undefined;
  readonly #resolve: (pieces: readonly Piece<R>[]) => void;
  readonly #reject: (error: unknown) => void;
  #leave: (() => void) | undefined;

  constructor({ submission, subject, resolve, reject, ...promise }: BatchCallOptions<P, R>) {
    this.rows = submission.rows;
    this.payload = submission.payload;
    this.group = submission.group;
    this.family = submission.family;
    this.deadlineMs = submission.deadlineMs;
    this.arrivedAt = submission.arrivedAt;
    this.priority = submission.priority;
    this.bytes = submission.bytes;
    this.units = submission.units;
    this.signal = submission.signal;
    this.#subject = subject;
    this.#onRefused = submission.onRefused;
    this.#promise = promise;
    this.#resolve = resolve;
    this.#reject = reject;
  }

  /** @param leave - called when the signal is aborted before there is an outcome */
  listen(signal: Cancellation, leave: () => void): void {
    this.#leave = leave;
    signal.addEventListener("abort", leave, { once: true });
  }

  settle(outcome: Outcome<R>): void {
    if (this.#leave !== undefined) {
      this.signal?.removeEventListener("abort", this.#leave);
    }
    switch (outcome.kind) {
      case "done":
        if (this.arrivedAt !== undefined && this.#promise.isLate(this.arrivedAt)) {
          this.#promise.onBroken();
        }
        this.#resolve(outcome.pieces);
        break;
      case "failed":
        this.#reject(outcome.error);
        break;
      case "rejected":
        this.#onRefused?.();
        if (outcome.reason === "expired") {
          this.#promise.onBroken();
        }
        this.#reject(overloaded({ ...outcome, subject: this.#subject }));
        break;
      case "aborted":
        this.#reject(
          this.signal?.reason ?? new BentoError("BENTO_INTERRUPTED", "the caller has gone"),
        );
    }
  }
}

export interface BatchCallOptions<P, R> {
  readonly submission: Submission<P>;
  readonly subject: string;
  /** Whether an answer comes too late now. */
  isLate(arrivedAt: number): boolean;
  /** Told when what the caller was let in with did not hold. */
  onBroken(): void;
  readonly resolve: (pieces: readonly Piece<R>[]) => void;
  readonly reject: (error: unknown) => void;
}
