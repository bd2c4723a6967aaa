/**
 * The queue and the runners that simple policies share: first in, first out, no request is split, one row at a time is
 * counted. What differs is when a batch goes and how many rows it takes.
 *
 * @module
 */
import type { Host, Policy, Request } from "../policy.ts";

/** Taken from the front of the array this often, the rest is moved. */
const COMPACT_AT = 1024;

export class RequestQueue {
  #requests: Request[] = [];
  #head = 0;
  #rows = 0;

  get rows(): number {
    return this.#rows;
  }

  get length(): number {
    return this.#requests.length - this.#head;
  }

  get first(): Request | undefined {
    return this.#requests[this.#head];
  }

  get last(): Request | undefined {
    return this.#requests.at(-1);
  }

  push(request: Request): void {
    this.#requests.push(request);
    this.#rows += request.rows;
  }

  shift(): Request | undefined {
    const first = this.first;
    if (first !== undefined) {
      this.#head += 1;
      this.#rows -= first.rows;
      if (this.#head === COMPACT_AT || this.#head === this.#requests.length) {
        this.#requests = this.#requests.slice(this.#head);
        this.#head = 0;
      }
    }
    return first;
  }

  /** Requests from the front, as many as fit; the first always does. */
  take(maxRows: number): Request[] {
    const taken: Request[] = [];
    let rows = 0;
    for (let first = this.first; first !== undefined; first = this.first) {
      if (taken.length > 0 && rows + first.rows > maxRows) {
        break;
      }
      rows += first.rows;
      taken.push(first);
      this.shift();
    }
    return taken;
  }
}

export function rowsOf(requests: readonly Request[]): number {
  return requests.reduce((rows, request) => rows + request.rows, 0);
}

/** When to run how much; asked while a runner is free and rows wait. */
export interface FifoRule {
  /**
   * Rows to take now; 0 waits, until `dueAt` or the next event.
   *
   * @param idleSince - when this runner began to look for work with rows there to take
   */
  size(queue: RequestQueue, now: number, idleSince: number): number;
  /** When `size` changes though nothing happens. @default never */
  dueAt?(queue: RequestQueue, idleSince: number): number;
  /** Before rows are taken: requests to give up are rejected here. */
  drop?(queue: RequestQueue, now: number): void;
  ended?(rows: number, durationMs: number): void;
}

export function fifoPolicy(host: Host, rule: FifoRule): Policy {
  return new FifoPolicy(host, rule);
}

class FifoPolicy implements Policy {
  readonly #host: Host;
  readonly #rule: FifoRule;
  readonly #queue = new RequestQueue();
  #running = 0;
  /** Since a runner is free and rows are there. */
  #idleSince: number | undefined;

  constructor(host: Host, rule: FifoRule) {
    this.#host = host;
    this.#rule = rule;
  }

  arrive(request: Request): void {
    this.#queue.push(request);
  }

  tick(): void {
    const now = this.#host.clock.now();
    while (this.#canRun()) {
      this.#rule.drop?.(this.#queue, now);
      this.#idleSince ??= now;
      const rows =
        this.#queue.length === 0 ? 0 : this.#rule.size(this.#queue, now, this.#idleSince);
      if (rows === 0) {
        break;
      }
      this.#run(this.#queue.take(rows));
      this.#idleSince = undefined;
    }
    if (!this.#canRun()) {
      this.#idleSince = undefined;
    }
  }

  nextTickAt(): number | undefined {
    return this.#idleSince === undefined
      ? undefined
      : this.#rule.dueAt?.(this.#queue, this.#idleSince);
  }

  #canRun(): boolean {
    return this.#running < this.#host.runners && this.#queue.length > 0;
  }

  #run(requests: readonly Request[]): void {
    const rows = rowsOf(requests);
    this.#running += 1;
    this.#host.run(rows, (durationMs) => {
      this.#running -= 1;
      this.#rule.ended?.(rows, durationMs);
      for (const request of requests) {
        this.#host.answer(request);
      }
    });
  }
}
