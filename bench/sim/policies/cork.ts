/**
 * BentoML's dispatcher, written from its published formulas: three rounds of training on live requests, then a loop that
 * looks every millisecond, sheds the oldest while the whole queue would not fit into the latency limit, and holds a batch
 * while waiting costs less than the usual wait. One batch runs at a time.
 *
 * @module
 */
import type { Host, Policy, Request, Situation } from "../policy.ts";
import { CorkOptimizer } from "./cork-optimizer.ts";

const POLL_MS = 1;
const MAX_WAIT_SHARE = 0.95;

/** Batches of at least `size` requests; while training, `required` requests are still needed for it. */
interface Round {
  readonly required: number;
  readonly batches: number;
  readonly size: number;
  readonly refits: boolean;
}

const TRAINING: readonly Round[] = [
  { required: 2, batches: 8, size: 1, refits: false },
  { required: 6, batches: 1, size: 1, refits: true },
  { required: 5, batches: 1, size: 2, refits: true },
  { required: 3, batches: 1, size: 3, refits: true },
];

interface Job {
  readonly request: Request;
  /** Rows that no batch has taken, and rows without an answer. */
  waiting: number;
  missing: number;
}

export function corkPolicy(host: Host, situation: Situation): Policy {
  return new CorkPolicy(host, situation);
}

class CorkPolicy implements Policy {
  readonly #host: Host;
  readonly #maxLatencyMs: number;
  readonly #maxBatchSize: number;
  readonly #optimizer: CorkOptimizer;
  readonly #queue: Job[] = [];
  #isRunning = false;
  #sleepsUntil = 0;
  #round = 0;
  #batchesOfRound = 0;
  /** What a round waits for, fixed when it began. */
  #roundWaitMs = 0;

  constructor(host: Host, { deadlineMs, maxBatchSize }: Situation) {
    this.#host = host;
    this.#maxLatencyMs = deadlineMs;
    this.#maxBatchSize = maxBatchSize;
    this.#optimizer = new CorkOptimizer(deadlineMs, host.clock.now());
  }

  arrive(request: Request): void {
    this.#queue.push({ request, waiting: request.rows, missing: request.rows });
  }

  nextTickAt(): number | undefined {
    return this.#queue.length === 0 ? undefined : this.#sleepsUntil;
  }

  /** Looks at the queue until it sleeps or the queue is empty. */
  tick(): void {
    const now = this.#host.clock.now();
    while (now >= this.#sleepsUntil && this.#queue.length > 0) {
      const round = TRAINING[this.#round];
      const isAwake = round === undefined ? this.#look(now) : this.#train(round, now);
      if (!isAwake) {
        this.#sleepsUntil = now + POLL_MS;
      }
    }
  }

  /** @returns false to sleep */
  #look(now: number): boolean {
    const { slopeMs, interceptMs, waitMs } = this.#optimizer;
    const count = this.#queue.length;
    const oldest = now - (this.#queue[0]?.request.at ?? now);
    const newest = now - (this.#queue.at(-1)?.request.at ?? now);
    if (count > 1 && oldest + slopeMs * count + interceptMs >= this.#maxLatencyMs) {
      this.#cancelOldest();
      return true;
    }
    if (this.#isRunning) {
      if (count === 1 && oldest >= this.#maxLatencyMs) {
        this.#cancelOldest();
        return true;
      }
      return false;
    }
    const holdsOn =
      count < this.#maxBatchSize && count * (newest + POLL_MS + slopeMs) <= MAX_WAIT_SHARE * waitMs;
    if (!holdsOn) {
      this.#run(oldest);
    }
    return !holdsOn;
  }

  #train(round: Round, now: number): boolean {
    const { slopeMs, interceptMs } = this.#optimizer;
    const oldest = now - (this.#queue[0]?.request.at ?? now);
    const isSurplus = this.#queue.length > round.required - this.#batchesOfRound;
    if (isSurplus && oldest >= this.#maxLatencyMs) {
      this.#cancelOldest();
      return true;
    }
    const waitsFor = round.size * slopeMs + interceptMs + oldest;
    const isTooFew = round.size > 1 && this.#queue.length < round.size;
    if (this.#isRunning || (isTooFew && waitsFor <= this.#roundWaitMs)) {
      return false;
    }
    this.#run(0); // the waits of training are not counted
    this.#batchesOfRound += 1;
    return true;
  }

  #cancelOldest(): void {
    const job = this.#queue.shift();
    if (job !== undefined) {
      this.#host.reject(job.request);
    }
  }

  #run(waitMs: number): void {
    const parts = this.#take();
    const rows = parts.reduce((sum, part) => sum + part.rows, 0);
    this.#isRunning = true;
    this.#host.run(rows, (durationMs) => {
      this.#isRunning = false;
      const sample = { size: parts.length, durationMs, waitMs };
      this.#optimizer.observe(sample, this.#host.clock.now());
      this.#endRound();
      for (const { job, rows: done } of parts) {
        job.missing -= done;
        if (job.missing === 0) {
          this.#host.answer(job.request);
        }
      }
    });
  }

  /** Requests from the front; one that does not fit is split. */
  #take(): { readonly job: Job; readonly rows: number }[] {
    const parts: { job: Job; rows: number }[] = [];
    let room = this.#maxBatchSize;
    for (let [job] = this.#queue; job !== undefined && room > 0; [job] = this.#queue) {
      const rows = Math.min(room, job.waiting);
      parts.push({ job, rows });
      job.waiting -= rows;
      room -= rows;
      if (job.waiting === 0) {
        this.#queue.shift();
      }
    }
    return parts;
  }

  /** After a batch: the next round of training begins once this one has its batches. */
  #endRound(): void {
    const round = TRAINING[this.#round];
    if (round === undefined || this.#batchesOfRound < round.batches) {
      return;
    }
    if (round.refits) {
      this.#optimizer.refit();
    }
    this.#round += 1;
    this.#batchesOfRound = 0;
    const { slopeMs, interceptMs } = this.#optimizer;
    const size = TRAINING[this.#round]?.size ?? 0;
    const wait = (2 * size + 1) * slopeMs + interceptMs;
    this.#roundWaitMs = Math.min(MAX_WAIT_SHARE * this.#maxLatencyMs, wait);
  }
}
