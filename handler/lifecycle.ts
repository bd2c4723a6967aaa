/**
 * What stands before every api: requests are taken while the server is ready and has room, and counted until answered.
 *
 * @module
 */
import { HttpError, retryAfter } from "./http-error.ts";

export interface Lifecycle {
  readonly state: "ready" | "draining";
  /** Requests to apis that have no answer yet. */
  readonly inFlight: number;
  /** Whether {@link admit} would run a request now. */
  readonly hasRoom: boolean;
  /** Runs a request, or refuses it: 503 while draining, 429 above the limit. */
  admit<T>(work: () => Promise<T>): Promise<T>;
  /** Takes no more requests. Resolves when none is left. */
  drain(): Promise<void>;
}

/** @param maxConcurrency - requests at work at once. @default no limit */
export function createLifecycle(maxConcurrency = Number.POSITIVE_INFINITY): Lifecycle {
  let state: Lifecycle["state"] = "ready";
  let inFlight = 0;
  const idle = Promise.withResolvers<void>();
  const settle = () => {
    if (state === "draining" && inFlight === 0) {
      idle.resolve();
    }
  };
  return {
    get state() {
      return state;
    },
    get inFlight() {
      return inFlight;
    },
    get hasRoom() {
      return state === "ready" && inFlight < maxConcurrency;
    },
    async admit(work) {
      if (state === "draining") {
        const headers = { ...retryAfter(1000), connection: "close" };
        throw new HttpError(503, "the server is shutting down", { headers });
      }
      if (inFlight >= maxConcurrency) {
        throw new HttpError(429, `too many requests: ${inFlight} are at work`, {
          headers: retryAfter(1000),
        });
      }
      inFlight += 1;
      try {
        return await work();
      } finally {
        inFlight -= 1;
        settle();
      }
    },
    drain() {
      state = "draining";
      settle();
      return idle.promise;
    },
  };
}
