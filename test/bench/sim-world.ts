/**
 * Small simulations for tests: one line of costs, Poisson arrivals, no noise unless asked for.
 *
 * @module
 */
import { type ArrivalKind, type Arrivals, arrivalsOf } from "../../bench/sim/arrivals.ts";
import { type Disturbance, executorModel, type Line, runMs } from "../../bench/sim/executor.ts";
import type { Summary } from "../../bench/sim/metrics.ts";
import { POLICIES, type PolicyName } from "../../bench/sim/policies/catalog.ts";
import type { PolicyFactory } from "../../bench/sim/policy.ts";
import { randomStream } from "../../bench/sim/random.ts";
import { simulate } from "../../bench/sim/simulate.ts";

export interface World {
  readonly policy: PolicyName | PolicyFactory;
  readonly line: Line;
  /** λβ. */
  readonly rho: number;
  /** @default 1e9 */
  readonly deadlineMs?: number;
  readonly requests: number;
  /** @default "poisson" */
  readonly kind?: ArrivalKind;
  /** Instead of drawn ones. */
  readonly arrivals?: Arrivals;
  readonly runners?: number;
  readonly maxBatchSize?: number;
  readonly disturbance?: Disturbance;
  readonly seed?: number;
}

/** The first tenth is not measured. */
export function play(world: World): Summary {
  const { policy, line, rho, kind = "poisson", requests, seed = 1, runners = 1 } = world;
  const { deadlineMs = 1e9, maxBatchSize = 1024, disturbance = {} } = world;
  const rowsPerMs = (runners * rho) / line.betaMs;
  const untilMs = requests / rowsPerMs;
  const random = randomStream(seed, "arrivals");
  return simulate({
    policy: typeof policy === "string" ? POLICIES[policy] : policy,
    situation: {
      line,
      deadlineMs,
      maxBatchSize,
      rowsPerMs,
      profile: [1, 8, 32, 128].map((rows) => ({ rows, ms: runMs(line, rows) })),
    },
    executor: executorModel({ line, seed, disturbance, untilMs }),
    arrivals: world.arrivals ?? arrivalsOf({ kind, rowsPerMs, untilMs, random }),
    runners,
    warmUpMs: world.arrivals === undefined ? untilMs / 10 : 0,
    untilMs,
  });
}
