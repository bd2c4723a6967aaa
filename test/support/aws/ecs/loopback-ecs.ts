/**
 * Amazon ECS as a part of AWS on loopback: `startAws(ecs.options)` with what `loopbackEcs` gives.
 *
 * @module
 */
import type { AwsOptions } from "../start-aws.ts";
import { ecsResources } from "./ecs-resources.ts";
import { ecsService } from "./ecs-service.ts";
import type { AnswerTask, EcsState, TaskBehaviour } from "./ecs-state.ts";
import { withHandlerCalls } from "./handler-calls.ts";
import { handlerServices, type Tagged } from "./handler-requirements.ts";
import { plainResources } from "./plain-resources.ts";

export interface LoopbackEcs {
  /** For `startAws`. */
  readonly options: Pick<AwsOptions, "services" | "resources">;
  readonly state: EcsState;
  /** How tasks behave from now on, by the image that they run. */
  behaviour: (image: string) => TaskBehaviour;
  /** What a one-off task answers when it is asked. */
  answer: AnswerTask;
}

export function loopbackEcs({ account = "123456789012", region = "eu-west-1" } = {}): LoopbackEcs {
  const state: EcsState = {
    clusters: new Map(),
    definitions: new Map(),
    services: new Map(),
    tasks: [],
    account,
    region,
  };
  const tagged: Tagged = new Map();
  const ecs: LoopbackEcs = {
    options: {
      services: [
        ecsService(state, { answer: (asked) => ecs.answer(asked), tagged }),
        ...handlerServices(tagged),
      ],
      resources: [
        ...ecsResources({ state, behaviour: (image) => ecs.behaviour(image) }),
        ...plainResources,
      ].map((provider) => withHandlerCalls(provider, tagged)),
    },
    state,
    behaviour: () => "good",
    answer: ({ path }) => ({ status: 200, body: path === "/readyz" ? "" : "4" }),
  };
  return ecs;
}
