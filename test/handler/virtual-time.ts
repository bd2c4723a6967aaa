/**
 * Plays arrivals through a batcher in virtual time, with runners that take exactly as long as a cost model says, or as long
 * as `runMs` says.
 *
 * @module
 */
import {
  type Arrival,
  type Batch,
  Batcher,
  type BatcherConfig,
  type Outcome,
} from "../../handler/batcher.ts";
import type { CostModel } from "../../handler/cost-model.ts";

export interface Given extends Partial<Omit<Arrival<string, string[]>, "settle">> {
  readonly at: number;
  /** The caller goes away so long after it came. */
  readonly leavesAfterMs?: number | undefined;
}

export interface Told {
  readonly given: Given;
  readonly outcome: Outcome<string[]>;
  readonly endedAt: number;
}

export interface SimulateOptions {
  readonly config: Partial<BatcherConfig>;
  readonly costModel: CostModel;
  readonly runners: number;
  readonly arrivals: readonly Given[];
  runMs?(rows: number): number;
  /** What a caller sends next, after its answer. */
  next?(told: Told): Given | undefined;
  /** Sees every batch as it starts. */
  onStart?(batch: Batch<string>, now: number): void;
}

/** @returns what each caller was told, in the order of arrival */
export function simulate(options: SimulateOptions): Told[] {
  const { costModel, runners, config } = options;
  const arrivals = [...options.arrivals];
  const runMs = options.runMs ?? ((rows: number) => costModel.predict(rows) ?? 1);
  const running: { readonly batch: Batch<string>; readonly endsAt: number }[] = [];
  let now = 0;
  const batcher = new Batcher<string, string[]>({
    clock: { now: () => now },
    costModel,
    executor: {
      runners,
      run(batch) {
        options.onStart?.(batch, now);
        running.push({ batch, endsAt: now + runMs(batch.rows) });
      },
    },
    config: {
      maxBatchSize: 4,
      maxLatencyMs: 1000,
      maxWaitMs: 0,
      maxQueueRows: 100_000,
      wrongCount: (count, rows) => new Error(`${count} for ${rows}`),
      ...config,
    },
  });
  const told: Told[] = [];
  const leaving: { readonly at: number; readonly arrival: Arrival<string, string[]> }[] = [];
  let next = 0;
  for (;;) {
    running.sort((a, b) => a.endsAt - b.endsAt);
    const endsAt = running[0]?.endsAt ?? Number.POSITIVE_INFINITY;
    const arrivesAt = arrivals[next]?.at ?? Number.POSITIVE_INFINITY;
    const ticksAt = batcher.nextTickAt() ?? Number.POSITIVE_INFINITY;
    leaving.sort((a, b) => a.at - b.at);
    const leavesAt = leaving[0]?.at ?? Number.POSITIVE_INFINITY;
    const at = Math.min(endsAt, arrivesAt, ticksAt, leavesAt);
    if (at === Number.POSITIVE_INFINITY) {
      return told;
    }
    now = Math.max(now, at);
    const given = arrivals[next];
    if (endsAt <= at) {
      const batch = running.shift()?.batch;
      if (batch !== undefined) {
        batcher.done(batch, { kind: "results", results: [], count: batch.rows });
      }
    } else if (arrivesAt <= at && given !== undefined) {
      const index = next;
      next += 1;
      const arrival: Arrival<string, string[]> = {
        rows: 1,
        payload: `${index}`,
        ...given,
        settle: (outcome) => {
          told[index] = { given, outcome, endedAt: now };
          const later = options.next?.(told[index]);
          if (later !== undefined) {
            let place = arrivals.length;
            while (place > next && (arrivals[place - 1]?.at ?? 0) > later.at) {
              place -= 1;
            }
            arrivals.splice(place, 0, later);
          }
        },
      };
      batcher.arrive(arrival);
      if (given.leavesAfterMs !== undefined) {
        leaving.push({ at: now + given.leavesAfterMs, arrival });
      }
    } else if (leavesAt <= at) {
      const gone = leaving.shift();
      if (gone !== undefined) {
        batcher.abort(gone.arrival);
      }
    } else {
      batcher.tick();
    }
  }
}
