/**
 * The platform `aws-lambda`: a function behind an alias. CloudFormation holds its settings, Lambda's own API moves its
 * versions and their traffic.
 *
 * @module
 */

import { LAMBDA_LIMITS } from "../../infra/lambda-limits.ts";
import type { Adapter } from "../adapter.ts";
import { awsTrust } from "../aws/access/github-trust.ts";
import { awsPeers } from "../aws/aws-peers.ts";
import { ownVersion } from "../aws/import-cdk-app.ts";
import { requirePeers } from "../peers.ts";
import { lambdaAccess } from "./access.ts";
import { importInfra } from "./apply-stacks.ts";
import { checkLambda } from "./check.ts";
import { emittedFiles } from "./emit.ts";
import { observeLambda } from "./observe.ts";
import type { LambdaObserved } from "./observed.ts";
import { AwsLambdaOptions } from "./options.ts";
import { planAwsLambda } from "./plan.ts";
import { lambdaRollout } from "./rollout.ts";
import { AWS_LAMBDA, lambdaTarget } from "./target.ts";

/** What an emitted app is made with. */
const CDK_PEERS = awsPeers("aws-cdk-lib", "constructs");

const PEERS = [
  ...CDK_PEERS,
  ...awsPeers(
    "@aws-cdk/toolkit-lib",
    "@aws-sdk/client-cloudformation",
    "@aws-sdk/client-cloudwatch-logs",
    "@aws-sdk/client-ecr",
    "@aws-sdk/client-lambda",
    "@aws-sdk/client-sts",
  ),
];

export const awsLambdaAdapter: Adapter<typeof AwsLambdaOptions, LambdaObserved> = {
  platform: AWS_LAMBDA,
  summary: "a function from the image: scaled to zero, or on managed instances",
  options: AwsLambdaOptions,
  capabilities: {
    apply: true,
    emit: true,
    multiRequest: {
      missing: "aws-lambda gives one request to an environment",
      instead: "use compute=managed-instances or a queue",
    },
    gpu: {
      missing: "aws-lambda has no GPUs",
      instead: "deploy to --platform aws-ecs-gpu, or leave resources.gpu out",
    },
    scaleToZero: true,
    canary: true,
    secrets: true,
    runs: "image",
    inheritsEnvironment: false,
  },
  peers: PEERS,
  nameLimit: LAMBDA_LIMITS.functionNameCharacters,
  observe: observeLambda,
  plan: planAwsLambda,
  rollout: lambdaRollout,
  check: checkLambda,
  access: lambdaAccess,
  trust: (jobs, context) => awsTrust(AWS_LAMBDA, jobs, context),
  async emit(desired, { projectDirectory }) {
    const target = lambdaTarget(desired);
    requirePeers(AWS_LAMBDA, CDK_PEERS, projectDirectory);
    const { synthesizeLambdaApp } = await importInfra(projectDirectory);
    const templates = await synthesizeLambdaApp(target);
    return emittedFiles({ target, templates, peers: CDK_PEERS, bentokitVersion: ownVersion() });
  },
};
