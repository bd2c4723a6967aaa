/**
 * Policies without a model that learns: one request a run, greedy, the two kinds of window, the control limit, and those of
 * two published systems (Clipper's additive increase, Nexus' early drop).
 *
 * @module
 */
import { runMs } from "../executor.ts";
import type { PolicyFactory } from "../policy.ts";
import { fifoPolicy } from "./fifo.ts";

/** Every request alone. */
export const unbatched: PolicyFactory = (host) => fifoPolicy(host, { size: () => 1 });

/** All that waits, as soon as a runner is free. */
export const greedy: PolicyFactory = (host, { maxBatchSize }) =>
  fifoPolicy(host, { size: () => maxBatchSize });

/** Triton's window: the oldest request waits so long at most, the time behind a run included. */
export const enqueueWindow =
  (windowMs: number): PolicyFactory =>
  (host, { maxBatchSize }) =>
    fifoPolicy(host, {
      size: (queue, now) =>
        queue.rows >= maxBatchSize || now >= (queue.first?.at ?? 0) + windowMs ? maxBatchSize : 0,
      dueAt: (queue) => (queue.first?.at ?? 0) + windowMs,
    });

/** The window of TorchServe, Mosec, LitServe and MLServer: it opens when a free runner finds the first request. */
export const firstPollWindow =
  (windowMs: number): PolicyFactory =>
  (host, { maxBatchSize }) =>
    fifoPolicy(host, {
      size: (queue, now, idleSince) =>
        queue.rows >= maxBatchSize || now >= idleSince + windowMs ? maxBatchSize : 0,
      dueAt: (_queue, idleSince) => idleSince + windowMs,
    });

/** Waits for m rows, m from the true cost and rate; a quarter of the deadline at most, for the end of the load. */
export const controlLimit: PolicyFactory = (host, situation) => {
  const { line, rowsPerMs, deadlineMs, maxBatchSize } = situation;
  const rho = rowsPerMs * line.betaMs;
  const limit = Math.max(1, Math.ceil((rowsPerMs * line.alphaMs - 1) / (1 + rho)));
  return fifoPolicy(host, {
    size: (queue, now) => {
      const isDue = now >= (queue.first?.at ?? 0) + deadlineMs / 4;
      return queue.rows >= Math.min(limit, maxBatchSize) || isDue ? maxBatchSize : 0;
    },
    dueAt: (queue) => (queue.first?.at ?? 0) + deadlineMs / 4,
  });
};

/** Clipper: the cap grows by one after a full batch within the deadline, and falls by a tenth after one beyond it. */
export const additiveIncrease: PolicyFactory = (host, { deadlineMs, maxBatchSize }) => {
  let cap = 1;
  return fifoPolicy(host, {
    size: () => Math.max(1, Math.floor(cap)),
    ended: (rows, durationMs) => {
      if (durationMs > deadlineMs) {
        cap = Math.max(1, cap * 0.9);
      } else if (rows >= Math.floor(cap)) {
        cap = Math.min(maxBatchSize, cap + 1);
      }
    },
  });
};

/** Nexus: batches of which two fit into the deadline; heads that cannot be answered with such a batch are dropped. */
export const earlyDrop: PolicyFactory = (host, { line, deadlineMs, maxBatchSize }) => {
  const half = Math.floor((deadlineMs / 2 - line.alphaMs) / line.betaMs);
  const target = Math.max(1, Math.min(maxBatchSize, half));
  return fifoPolicy(host, {
    drop: (queue, now) => {
      for (let first = queue.first; first !== undefined; first = queue.first) {
        const endsAt = now + runMs(line, Math.min(target, queue.rows));
        if (endsAt <= first.at + deadlineMs) {
          return;
        }
        queue.shift();
        host.reject(first);
      }
    },
    size: () => target,
  });
};

/** What is planned for a batch beyond its true cost, for the noise. */
const DROP_ALLOWANCE = 1.1;

/**
 * A yardstick for overload, with the true cost in hand: the largest batch of those who came last that ends in time for all
 * of them. Those who are given up have waited for it.
 */
export const dropOldest: PolicyFactory = (host, { line, deadlineMs, maxBatchSize }) =>
  fifoPolicy(host, {
    drop: (queue, now) => {
      for (let first = queue.first; first !== undefined; first = queue.first) {
        const endsAt = now + DROP_ALLOWANCE * runMs(line, Math.min(maxBatchSize, queue.rows));
        if (queue.length === 1 || endsAt <= first.at + deadlineMs) {
          return;
        }
        queue.shift();
        host.reject(first);
      }
    },
    size: () => maxBatchSize,
  });
