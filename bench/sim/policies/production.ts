/**
 * The batcher that ships, with the cost model that ships, on the simulated clock and runners.
 *
 * @module
 */
import { type Batch, Batcher } from "../../../handler/batcher.ts";
import { scaleShapeCost } from "../../../handler/cost-model.ts";
import type { Host, Policy, PolicyFactory, Request } from "../policy.ts";

export const production: PolicyFactory = (host, situation) => {
  const ends = (batch: Batch<Request>) =>
    batcher.done(batch, { kind: "results", results: undefined, count: batch.rows });
  const batcher: Batcher<Request, undefined> = new Batcher({
    clock: host.clock,
    costModel: scaleShapeCost({ profile: { points: situation.profile } }),
    executor: {
      runners: host.runners,
      run: (batch: Batch<Request>) => host.run(batch.rows, () => ends(batch)),
    },
    config: {
      maxBatchSize: situation.maxBatchSize,
      maxLatencyMs: situation.deadlineMs,
      maxWaitMs: 0,
      maxQueueRows: 100 * situation.maxBatchSize,
      wrongCount: (count, rows) => new Error(`${count} results for ${rows} rows`),
    },
  });
  return policyOf(host, batcher);
};

function policyOf(host: Host, batcher: Batcher<Request, undefined>): Policy {
  return {
    arrive: (request) =>
      batcher.arrive({
        rows: request.rows,
        payload: request,
        settle: (outcome) =>
          outcome.kind === "done" ? host.answer(request) : host.reject(request),
      }),
    tick: () => batcher.tick(),
    nextTickAt: () => batcher.nextTickAt(),
  };
}
