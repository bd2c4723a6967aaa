/**
 * How a new version takes over from the old one on ECS, as data. All but `recreate` run both side by side for a while,
 * and so need GPUs for both.
 * https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service_definition_parameters.html, November 2026.
 *
 * @module
 */
import { Duration } from "aws-cdk-lib";

/** Where a deployment may wait for a word: before each step of traffic (the first has none yet), or around it. */
export type BentoPauseStage =
  | "PRE_SCALE_UP"
  | "POST_SCALE_UP"
  | "PRE_PRODUCTION_TRAFFIC_SHIFT"
  | "POST_PRODUCTION_TRAFFIC_SHIFT";

/** What every shift of traffic takes. */
export interface BentoShiftOptions {
  /**
   * How long the old version stays beside the new one that has all traffic, ready to take it back; up to 24 hours.
   * @default Duration.minutes(5)
   */
  readonly bakeAfter?: Duration;
  /**
   * Stages at which the deployment waits for ContinueServiceDeployment (`CONTINUE` or `ROLLBACK`). Before each step of
   * traffic is the one that completes or aborts a canary: it waits at 0 % and, after the bake, at the canary's percentage.
   * @default - waits nowhere
   */
  readonly pauseAt?: readonly BentoPauseStage[];
  /**
   * How long it waits before it rolls back by itself; 1 minute to 14 days. CloudFormation waits with it.
   * @default Duration.hours(1)
   */
  readonly pauseTimeout?: Duration;
}

export interface BentoCanaryOptions extends BentoShiftOptions {
  /**
   * Share of the traffic that the new version has first, 0.1 to 100.
   * @default 10
   */
  readonly percent?: number;
  /**
   * How long it keeps that share before it gets the rest, in whole minutes up to 24 hours.
   * @default Duration.minutes(5)
   */
  readonly bake?: Duration;
}

export interface BentoLinearOptions extends BentoShiftOptions {
  /**
   * Share of the traffic that moves in each step, 3 to 100.
   * @default 25
   */
  readonly percent?: number;
  /**
   * How long each step lasts, in whole minutes up to 24 hours.
   * @default Duration.minutes(5)
   */
  readonly bake?: Duration;
}

/** A share of traffic, and how long it stays so. */
interface Step {
  readonly percent: number;
  readonly bake: Duration;
}

interface RolloutFields {
  readonly strategy: BentoRollout["strategy"];
  readonly minHealthyPercent: number;
  readonly maxHealthyPercent: number;
  readonly step?: Step;
  readonly shift?: BentoShiftOptions;
}

export class BentoRollout {
  readonly strategy: "ROLLING" | "BLUE_GREEN" | "LINEAR" | "CANARY";
  /** Of the tasks that should run, how many must and may while versions change. */
  readonly minHealthyPercent: number;
  readonly maxHealthyPercent: number;
  /** Canary and linear only. */
  readonly step: Step | undefined;
  readonly bakeAfter: Duration;
  readonly pauseAt: readonly BentoPauseStage[];
  readonly pauseTimeout: Duration;

  /** Some of the traffic first, then all of it. */
  static canary(options: BentoCanaryOptions = {}): BentoRollout {
    const { percent = 10, bake = Duration.minutes(5) } = options;
    return new BentoRollout({
      ...BOTH,
      strategy: "CANARY",
      step: { percent, bake },
      shift: options,
    });
  }

  /** Traffic moves in equal steps. */
  static linear(options: BentoLinearOptions = {}): BentoRollout {
    const { percent = 25, bake = Duration.minutes(5) } = options;
    return new BentoRollout({
      ...BOTH,
      strategy: "LINEAR",
      step: { percent, bake },
      shift: options,
    });
  }

  /** All traffic moves at once, to tasks that are ready. */
  static blueGreen(options: BentoShiftOptions = {}): BentoRollout {
    return new BentoRollout({ ...BOTH, strategy: "BLUE_GREEN", shift: options });
  }

  /** Tasks are replaced as new ones become ready; both versions answer meanwhile. */
  static rolling(): BentoRollout {
    return new BentoRollout({ ...BOTH, strategy: "ROLLING" });
  }

  /** Old tasks stop before new ones start: no more GPUs than in use, and nobody answers in between. */
  static recreate(): BentoRollout {
    return new BentoRollout({ strategy: "ROLLING", minHealthyPercent: 0, maxHealthyPercent: 100 });
  }

  private constructor({ strategy, step, shift = {}, ...percents }: RolloutFields) {
    this.strategy = strategy;
    this.minHealthyPercent = percents.minHealthyPercent;
    this.maxHealthyPercent = percents.maxHealthyPercent;
    this.step = step;
    this.bakeAfter = shift.bakeAfter ?? Duration.minutes(5);
    this.pauseAt = [...new Set(shift.pauseAt)];
    this.pauseTimeout = shift.pauseTimeout ?? Duration.hours(1);
  }

  /** Whether traffic moves between two sets of tasks, which pauses and steps need. */
  get isShift(): boolean {
    return this.strategy !== "ROLLING";
  }

  /** Whether nobody answers while the version changes. */
  get hasDowntime(): boolean {
    return this.maxHealthyPercent === 100;
  }

  /**
   * @param tasks - as many as may run when nothing is being deployed
   * @returns as many as may run while a deployment goes on
   */
  peakTasks(tasks: number): number {
    return Math.floor((tasks * this.maxHealthyPercent) / 100);
  }
}

/** The old version keeps all its tasks until the new one has as many. */
const BOTH = { minHealthyPercent: 100, maxHealthyPercent: 200 };
