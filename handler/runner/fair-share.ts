/**
 * Shares the cores among models that together have more threads: batches of all of them pass one gate, by deficit round
 * robin on predicted run time. Each model with a batch waiting gets the same time, so that a slow one cannot starve a
 * fast one; a model that waited for nothing saves nothing up.
 *
 * @module
 */
import { type Clock, systemClock } from "../clock.ts";

export interface FairShareOptions {
  /** Batches that may run at once. */
  readonly slots: number;
  /** @default the process's */
  readonly clock?: Clock;
}

/** One model's way through the gate. */
export interface Flow {
  /**
   * Runs work when it is this flow's turn.
   *
   * @param rows - of the batch, to predict its run time from those before
   */
  run<T>(rows: number, work: () => Promise<T>): Promise<T>;
}

interface Waiting {
  readonly costMs: number;
  enter(): void;
}

interface State {
  /** Milliseconds that it may still run before others are due; below 0 when it ran longer than predicted. */
  deficitMs: number;
  /** Of one row, averaged; undefined before the first run. */
  rowMs: number | undefined;
  readonly waiting: Waiting[];
}

/** What a batch is taken to cost before any was seen. */
const FIRST_COST_MS = 1;
const WEIGHT = 0.2;

export class FairShare {
  readonly #clock: Clock;
  /** Those with batches waiting, the one served longest ago first. */
  readonly #active: State[] = [];
  #free: number;

  constructor({ slots, clock = systemClock }: FairShareOptions) {
    this.#free = slots;
    this.#clock = clock;
  }

  /** A further model. */
  flow(): Flow {
    const state: State = { deficitMs: 0, rowMs: undefined, waiting: [] };
    return {
      run: async (rows, work) => {
        const costMs = state.rowMs === undefined ? FIRST_COST_MS : state.rowMs * rows;
        await this.#enter(state, costMs);
        const startedAt = this.#clock.now();
        try {
          return await work();
        } finally {
          const tookMs = this.#clock.now() - startedAt;
          const rowMs = tookMs / Math.max(rows, 1);
          state.rowMs = (state.rowMs ?? rowMs) + WEIGHT * (rowMs - (state.rowMs ?? rowMs));
          this.#leave(state, tookMs - costMs);
        }
      },
    };
  }

  async #enter(state: State, costMs: number): Promise<void> {
    if (this.#free > 0) {
      this.#free -= 1; // then nobody waits
      return;
    }
    const { promise, resolve } = Promise.withResolvers<void>();
    state.waiting.push({ costMs, enter: resolve });
    if (!this.#active.includes(state)) {
      this.#active.push(state);
    }
    await promise;
  }

  #leave(state: State, overrunMs: number): void {
    if (this.#active.includes(state)) {
      state.deficitMs -= overrunMs;
    } else {
      state.deficitMs = 0;
    }
    const next = this.#take();
    if (next === undefined) {
      this.#free += 1;
    } else {
      next.enter();
    }
  }

  /** As many rounds at once as it takes until one may run: the same as a quantum as small as can be. */
  #take(): Waiting | undefined {
    let chosen: State | undefined;
    let least = Number.POSITIVE_INFINITY;
    for (const state of this.#active) {
      const missing = Math.max(0, (state.waiting[0]?.costMs ?? 0) - state.deficitMs);
      if (missing < least) {
        [chosen, least] = [state, missing];
      }
    }
    const next = chosen?.waiting.shift();
    if (chosen === undefined || next === undefined) {
      return undefined;
    }
    for (const state of this.#active) {
      state.deficitMs += least;
    }
    chosen.deficitMs -= next.costMs;
    this.#active.splice(this.#active.indexOf(chosen), 1);
    if (chosen.waiting.length > 0) {
      this.#active.push(chosen); // behind the others
    }
    return next;
  }
}
