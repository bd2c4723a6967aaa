/**
 * The platform `aws-ecs-gpu`: a service on ECS whose tasks have GPUs. CloudFormation owns everything, versions too; bento
 * pushes the image, updates the stack and watches.
 *
 * @module
 */
import type { Adapter } from "../adapter.ts";
import { awsTrust } from "../aws/access/github-trust.ts";
import { awsPeers } from "../aws/aws-peers.ts";
import { cdkAppFiles } from "../aws/cdk-app-files.ts";
import { ownVersion } from "../aws/import-cdk-app.ts";
import { requirePeers } from "../peers.ts";
import { ecsAccess } from "./access.ts";
import { appSource } from "./app-source.ts";
import { checkEcs } from "./check.ts";
import { emittedReadme } from "./emitted-readme.ts";
import { importApp } from "./import-app.ts";
import { observeEcs } from "./observe.ts";
import type { EcsObserved } from "./observed.ts";
import { AwsEcsGpuOptions } from "./options.ts";
import { planAwsEcsGpu } from "./plan.ts";
import { ecsRollout } from "./rollout.ts";
import { AWS_ECS_GPU, ecsTarget } from "./target.ts";

const PEERS = awsPeers(
  "@aws-cdk/toolkit-lib",
  "@aws-sdk/client-cloudformation",
  "@aws-sdk/client-cloudwatch-logs",
  "@aws-sdk/client-ecr",
  "@aws-sdk/client-ecs",
  "@aws-sdk/client-sts",
  "aws-cdk-lib",
  "constructs",
);

/** What an emitted app needs. */
const CDK_PEERS = awsPeers("aws-cdk-lib", "constructs");

export const awsEcsGpuAdapter: Adapter<typeof AwsEcsGpuOptions, EcsObserved> = {
  platform: AWS_ECS_GPU,
  summary: "tasks with NVIDIA GPUs on ECS, behind a load balancer in your network",
  options: AwsEcsGpuOptions,
  capabilities: {
    apply: true,
    emit: true,
    multiRequest: true,
    gpu: true,
    scaleToZero: {
      missing: "aws-ecs-gpu keeps minTasks tasks running",
      instead: "deploy to aws-lambda, without a GPU, to pay nothing between requests",
    },
    secrets: true,
    canary: {
      missing: "ECS moves traffic by its service's own steps, not by a weight that is given",
      instead:
        "set rollout=canary and rolloutPercent=10, and pauseAt to decide with bento deployment complete or abort",
    },
    runs: "image",
    inheritsEnvironment: false,
  },
  peers: PEERS,
  nameLimit: 63,
  observe: observeEcs,
  plan: planAwsEcsGpu,
  rollout: ecsRollout,
  check: checkEcs,
  access: ecsAccess,
  trust: async (jobs, context) => await awsTrust(AWS_ECS_GPU, jobs, context),
  async emit(desired, { projectDirectory }) {
    const spec = ecsTarget(desired);
    requirePeers(AWS_ECS_GPU, CDK_PEERS, projectDirectory);
    const { synthesizeEcsApp } = await importApp(projectDirectory);
    return cdkAppFiles({
      name: spec.serviceStack,
      readme: emittedReadme(spec),
      source: appSource(spec),
      templates: await synthesizeEcsApp(spec, { isOurs: false }),
      peers: CDK_PEERS,
      bentokitVersion: ownVersion(),
    });
  },
};
