/**
 * Plays arrivals against a policy on a virtual clock. Everything that happens at one instant is told before the policy
 * forms batches, as in production, where all requests readable in one poll join one batch.
 *
 * @module
 */
import type { Arrivals } from "./arrivals.ts";
import { EventQueue } from "./event-queue.ts";
import type { ExecutorModel } from "./executor.ts";
import { Metrics, type Summary } from "./metrics.ts";
import type { Host, Policy, PolicyFactory, Request, Situation } from "./policy.ts";

/** Clients that send their next request some time after the answer to the last. */
export interface ClosedLoop {
  readonly clients: number;
  /** From an answer to the arrival of the next request, after so many requests of this client. */
  roundTripMs(client: number, turn: number): number;
}

export interface SimulationOptions {
  readonly policy: PolicyFactory;
  readonly situation: Situation;
  readonly executor: ExecutorModel;
  /** Open loop. */
  readonly arrivals?: Arrivals;
  readonly closedLoop?: ClosedLoop;
  /** @default 1 */
  readonly runners?: number;
  /** What arrives before is not measured. @default 0 */
  readonly warmUpMs?: number;
  /** Nothing arrives from here on; what waits is worked off. */
  readonly untilMs: number;
}

type Event =
  | { readonly kind: "arrival"; readonly rows: number; readonly client?: number }
  | { readonly kind: "end"; readonly durationMs: number; ended(durationMs: number): void };

/** Ticks at one instant before it is taken for an endless loop. */
const MAX_TICKS = 1000;

export function simulate(options: SimulationOptions): Summary {
  return new Simulation(options).run();
}

class Simulation {
  readonly #options: SimulationOptions;
  readonly #policy: Policy;
  readonly #metrics: Metrics;
  readonly #events = new EventQueue<Event>();
  /** The client of each open request of a closed loop, and how many requests each has made. */
  readonly #clients = new Map<number, number>();
  readonly #turns: number[] = [];
  #now = 0;
  #requests = 0;
  #runs = 0;
  #ticks = 0;

  constructor(options: SimulationOptions) {
    const { runners = 1, warmUpMs = 0, situation } = options;
    this.#options = options;
    this.#metrics = new Metrics({
      runners,
      fromMs: warmUpMs,
      untilMs: options.untilMs,
      deadlineMs: situation.deadlineMs,
    });
    const host: Host = {
      clock: { now: () => this.#now },
      runners,
      run: (rows, ended) => this.#run(rows, ended),
      answer: (request) => {
        this.#metrics.answered(request, this.#now);
        this.#goOn(request);
      },
      reject: (request) => {
        this.#metrics.rejected(request, this.#now);
        this.#goOn(request);
      },
    };
    this.#policy = options.policy(host, situation);
  }

  run(): Summary {
    const clients = this.#options.closedLoop?.clients ?? 0;
    for (let client = 0; client < clients; client += 1) {
      this.#events.push(0, { kind: "arrival", rows: 1, client });
    }
    this.#drawArrival();
    for (;;) {
      const wakeAt = this.#policy.nextTickAt() ?? Number.POSITIVE_INFINITY;
      const at = Math.max(this.#now, Math.min(this.#events.nextAt, wakeAt));
      if (at === Number.POSITIVE_INFINITY) {
        return this.#metrics.summary(this.#now);
      }
      this.#goTo(at);
      while (this.#events.nextAt <= this.#now) {
        this.#happen(this.#events.pop());
      }
      this.#policy.tick();
    }
  }

  #goTo(at: number): void {
    this.#ticks = at > this.#now ? 0 : this.#ticks + 1;
    if (this.#ticks > MAX_TICKS) {
      throw new Error(`the policy asks for a tick at ${at} ms again and again`);
    }
    this.#now = at;
    this.#metrics.passed(at);
  }

  #happen(event: Event | undefined): void {
    if (event?.kind === "end") {
      this.#metrics.ended(this.#now);
      event.ended(event.durationMs);
    } else if (event !== undefined) {
      this.#arrive(event.rows, event.client);
    }
  }

  #arrive(rows: number, client: number | undefined): void {
    const request: Request = { id: this.#requests, at: this.#now, rows };
    this.#requests += 1;
    if (client === undefined) {
      this.#drawArrival();
    } else {
      this.#clients.set(request.id, client);
    }
    this.#metrics.arrived(request);
    this.#policy.arrive(request);
  }

  #drawArrival(): void {
    const due = this.#options.arrivals?.();
    if (due !== undefined) {
      this.#events.push(due.at, { kind: "arrival", rows: due.rows });
    }
  }

  #goOn(request: Request): void {
    const { closedLoop, untilMs } = this.#options;
    const client = this.#clients.get(request.id);
    if (client !== undefined && closedLoop !== undefined) {
      this.#clients.delete(request.id);
      const turn = (this.#turns[client] ?? 0) + 1;
      this.#turns[client] = turn;
      const at = this.#now + closedLoop.roundTripMs(client, turn);
      if (at < untilMs) {
        this.#events.push(at, { kind: "arrival", rows: 1, client });
      }
    }
  }

  #run(rows: number, ended: (durationMs: number) => void): void {
    const durationMs = this.#options.executor.runMs(rows, this.#runs, this.#now);
    this.#runs += 1;
    this.#metrics.started(rows, durationMs, this.#now);
    this.#events.push(this.#now + durationMs, { kind: "end", durationMs, ended });
  }
}
