/**
 * A batcher as seen by who reports on it: events told as they come, state told when asked. Whoever makes the batcher need
 * not know who will watch.
 *
 * @module
 */
import type { BatchObserver, BatchSnapshot } from "./batcher.ts";

export interface Watched {
  /** Whether whatever it was given failed of late. */
  isBroken(): boolean;
  snapshot(): BatchSnapshot;
  /** Tells this observer from now on, and no other. */
  watch(observer: BatchObserver): void;
}

/** An observer that passes everything on to the one that is set later. */
export function observerRelay(): {
  readonly observer: BatchObserver;
  watch(observer: BatchObserver): void;
} {
  let current: BatchObserver = {};
  return {
    observer: {
      batchStarted: (batch) => current.batchStarted?.(batch),
      batchEnded: (batch) => current.batchEnded?.(batch),
      rejected: (reason) => current.rejected?.(reason),
      bisected: (callers) => current.bisected?.(callers),
      cancelled: (where) => current.cancelled?.(where),
    },
    watch(observer) {
      current = observer;
    },
  };
}
