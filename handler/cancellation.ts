/**
 * The end of a request before its answer, for the handler's own parts: what an `AbortSignal` says, at a tenth of its cost.
 * A real signal is made only for those who ask for one, such as a user's `run`.
 *
 * @module
 */

/** The part of an `AbortSignal` that the handler listens to; a real one fits. */
export interface Cancellation {
  readonly aborted: boolean;
  readonly reason: unknown;
  throwIfAborted(): void;
  addEventListener(type: "abort", listener: () => void, options?: { once?: boolean }): void;
  removeEventListener(type: "abort", listener: () => void): void;
}

/** Cancelled once, by whoever made it. */
export class CallCancellation implements Cancellation {
  aborted = false;
  reason: unknown;
  #listener: (() => void) | undefined;
  #more: Set<() => void> | undefined;
  #controller: AbortController | undefined;

  /** The same as an `AbortSignal`; made at the first call. */
  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      if (this.aborted) {
        this.#controller.abort(this.reason);
      }
    }
    return this.#controller.signal;
  }

  /** Tells all listeners; a second call does nothing. */
  cancel(reason: unknown): void {
    if (this.aborted) {
      return;
    }
    this.aborted = true;
    this.reason = reason;
    const listeners = [this.#listener, ...(this.#more ?? [])];
    this.#listener = undefined;
    this.#more = undefined;
    for (const listener of listeners) {
      listener?.();
    }
    this.#controller?.abort(reason);
  }

  throwIfAborted(): void {
    if (this.aborted) {
      throw this.reason;
    }
  }

  /** The listener is called once; after the end it is not called at all, as with an `AbortSignal`. */
  addEventListener(_type: "abort", listener: () => void): void {
    if (this.#listener === undefined) {
      this.#listener = listener; // one is the rule
    } else {
      this.#more ??= new Set();
      this.#more.add(listener);
    }
  }

  removeEventListener(_type: "abort", listener: () => void): void {
    if (this.#listener === listener) {
      this.#listener = undefined;
    } else {
      this.#more?.delete(listener);
    }
  }
}
