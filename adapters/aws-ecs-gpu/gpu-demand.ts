/**
 * How many GPUs a deployment wants: at rest, and while one version follows another.
 *
 * @module
 */
import type { EcsAppSpec } from "../../infra/ecs-spec.ts";

export interface GpuDemand {
  readonly perTask: number;
  /** While one version runs alone with the tasks that it begins with. */
  readonly atRest: number;
  /** While both run. */
  readonly duringRollout: number;
  /** While both run and scaling has started all that it may. */
  readonly atMost: number;
}

type Demanding = Pick<EcsAppSpec, "gpus" | "minTasks" | "maxTasks" | "rollout">;

export function gpuDemand({ gpus, minTasks, maxTasks, rollout }: Demanding): GpuDemand {
  const factor = rollout === "recreate" ? 1 : 2;
  const atRest = gpus * minTasks;
  return {
    perTask: gpus,
    atRest,
    duringRollout: factor * atRest,
    atMost: factor * gpus * maxTasks,
  };
}
