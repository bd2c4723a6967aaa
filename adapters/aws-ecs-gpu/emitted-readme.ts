/**
 * What the README of an emitted CDK app says of a service on ECS.
 *
 * @module
 */
import type { EcsAppSpec } from "../../infra/ecs-spec.ts";
import { emittedReadme as readmeOf } from "../aws/emitted-readme.ts";
import { gpuDemand } from "./gpu-demand.ts";

/** Markdown. */
export function emittedReadme(spec: EcsAppSpec): string {
  const { atRest, duringRollout } = gpuDemand(spec);
  return readmeOf({
    ...spec,
    place: "Amazon ECS",
    becomes: `the service \`${spec.serviceName}\` with ${spec.gpus} GPU a task, ${atRest} at rest and ${duringRollout} while versions change. No bootstrap is needed.`,
    noun: "service",
  });
}
