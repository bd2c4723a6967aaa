/**
 * What a deploy to ECS wants, for tests of plans: the stub bento with a GPU in a network of its own.
 *
 * @module
 */
import type { Desired } from "../../../adapters/adapter.ts";
import { awsEcsGpuAdapter } from "../../../adapters/aws-ecs-gpu/adapter.ts";
import type { EcsObserved } from "../../../adapters/aws-ecs-gpu/observed.ts";
import type { AwsEcsGpuOptions } from "../../../adapters/aws-ecs-gpu/options.ts";
import { ecsTarget } from "../../../adapters/aws-ecs-gpu/target.ts";
import { ECS_CONSTRUCTS } from "../../../infra/ecs-spec.ts";
import { desiredStub, STUB_IMAGE } from "../../support/desired.ts";
import { stubManifest } from "../../support/stub-bento.ts";

/** Options that every deploy needs. */
export const ECS_NETWORK = {
  vpcId: "vpc-0a1b2c3d",
  subnets: ["subnet-0a1b2c3d", "subnet-0a1b2c3e"],
  availabilityZones: ["eu-central-1a", "eu-central-1b"],
} as const;

export const GPU_IMAGE = { ...STUB_IMAGE, variant: "cuda12" } as const;

/** @param options - beside those of the network */
export function desiredEcs(
  options: object = {},
  overrides: Partial<Desired> = {},
): Desired<AwsEcsGpuOptions> {
  return desiredStub(
    awsEcsGpuAdapter,
    { ...ECS_NETWORK, ...options },
    { manifest: stubManifest({ resources: { gpu: 1 } }), image: GPU_IMAGE, ...overrides },
  ) as Desired<AwsEcsGpuOptions>;
}

/** AWS after that was deployed. */
export function standing(desired: Desired<AwsEcsGpuOptions>): EcsObserved {
  const place = { account: "123456789012", region: "eu-central-1" };
  const spec = ecsTarget(desired, place);
  return {
    ...place,
    hasRepository: true,
    repositoryBento: spec.bentoName,
    hasImage: true,
    stack: {
      id: "arn:aws:cloudformation:eu-central-1:123456789012:stack/bento-stub-service/1",
      status: "UPDATE_COMPLETE",
      bento: spec.bentoName,
      spec,
      constructs: ECS_CONSTRUCTS,
    },
    service: {
      imageDigest: spec.imageDigest,
      taskDefinition: "arn:aws:ecs:eu-central-1:123456789012:task-definition/stub-service:1",
      desiredTasks: 1,
      runningTasks: 1,
    },
  };
}
