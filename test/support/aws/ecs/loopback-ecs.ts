/**
 * Amazon ECS as a part of AWS on loopback: `startAws(ecs.options)` with what `loopbackEcs` gives.
 *
 * @module
 */
import type { AwsOptions } from "../start-aws.ts";
import { ecsResources } from "./ecs-resources.ts";
import { ecsService } from "./ecs-service.ts";
import type { EcsState, TaskBehaviour } from "./ecs-state.ts";
import { plainResources } from "./plain-resources.ts";

export interface LoopbackEcs {
  /** For `startAws`. */
  readonly options: Pick<AwsOptions, "services" | "resources">;
  readonly state: EcsState;
  /** How tasks behave from now on, by the image that they run. */
  behaviour: (image: string) => TaskBehaviour;
}

export function loopbackEcs({ account = "123456789012", region = "eu-west-1" } = {}): LoopbackEcs {
  const state: EcsState = {
    clusters: new Map(),
    definitions: new Map(),
    services: new Map(),
    account,
    region,
  };
  const ecs: LoopbackEcs = {
    options: {
      services: [ecsService(state)],
      resources: [
        ...ecsResources({ state, behaviour: (image) => ecs.behaviour(image) }),
        ...plainResources,
      ],
    },
    state,
    behaviour: () => "good",
  };
  return ecs;
}
