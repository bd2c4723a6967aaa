/**
 * What stands of a deployment to ECS, as AWS says it: all that a plan may look at.
 *
 * @module
 */
import type { EcsAppSpec } from "../../infra/ecs-spec.ts";

/** A stack of ours, or of somebody else's, under the name that the deployment wants. */
export interface EcsObservedStack {
  readonly id: string;
  /** As CloudFormation says, e.g. `UPDATE_COMPLETE`. */
  readonly status: string;
  /** The bento that it is labelled with. */
  readonly bento?: string | undefined;
  /** What it was made from; undefined where its template does not say, or says it in a way of another time. */
  readonly spec?: EcsAppSpec | undefined;
  /** Version of the constructs that made it. */
  readonly constructs?: number | undefined;
}

export interface EcsObservedService {
  /** Of the image that its task definition names. */
  readonly imageDigest?: string | undefined;
  readonly taskDefinition?: string | undefined;
  readonly desiredTasks: number;
  readonly runningTasks: number;
  /** Stage at which a deployment waits for a word. */
  readonly pausedAt?: string | undefined;
}

export interface EcsObserved {
  readonly account: string;
  readonly region: string;
  /** Whether the repository is there. */
  readonly hasRepository: boolean;
  /** The bento that the repository is labelled with. */
  readonly repositoryBento?: string | undefined;
  readonly hasImage: boolean;
  readonly stack?: EcsObservedStack | undefined;
  readonly service?: EcsObservedService | undefined;
}
