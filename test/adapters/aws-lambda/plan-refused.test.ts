import { describe, expect, it } from "vitest";
import type { Desired } from "../../../adapters/adapter.ts";
import { awsLambdaAdapter } from "../../../adapters/aws-lambda/adapter.ts";
import type { LambdaObserved } from "../../../adapters/aws-lambda/observed.ts";
import type { AwsLambdaOptions } from "../../../adapters/aws-lambda/options.ts";
import { desiredStub, STUB_IMAGE } from "../../support/desired.ts";
import { standingLambda, standingStack } from "../../support/observed-lambda.ts";
import { stubManifest } from "../../support/stub-bento.ts";

function desired(options: object = {}, overrides: Partial<Desired> = {}) {
  return desiredStub(awsLambdaAdapter, options, overrides) as Desired<AwsLambdaOptions>;
}

const MANAGED = {
  compute: "managed-instances",
  subnetIds: ["subnet-0b1b2c3d", "subnet-0a1b2c3d"],
  securityGroupIds: ["sg-0a1b2c3d"],
};

describe("what planAwsLambda refuses", () => {
  it.each<[string, object, Partial<Desired>, string]>([
    [
      "an image for another processor",
      {},
      { image: { ...STUB_IMAGE, platform: "linux/arm64" } },
      "image for linux/arm64: architecture x86_64 runs linux/amd64",
    ],
    [
      "an architecture that is not the image's",
      { architecture: "arm64" },
      {},
      "image for linux/amd64: architecture arm64 runs linux/arm64",
    ],
    [
      "an image for GPUs",
      {},
      { image: { ...STUB_IMAGE, variant: "cuda12" } },
      "image for cuda12: aws-lambda has no GPUs; aws-ecs-gpu has",
    ],
    [
      "an image that is too large",
      {},
      { image: { ...STUB_IMAGE, bytes: 11 * 2 ** 30 } },
      "image of 11.8 GB compressed: 10.7 GB at most, uncompressed",
    ],
    [
      "an image from another region",
      {
        region: "eu-central-1",
        repository: "123456789012.dkr.ecr.us-east-1.amazonaws.com/team/iris",
      },
      {},
      "image repository in us-east-1: a function in eu-central-1 runs images of eu-central-1 alone; give the repository's name only and bento pushes there",
    ],
    [
      "more memory than there is",
      {},
      { manifest: stubManifest({ resources: { memory: "16Gi" } }) },
      "memory 16384 MB: a whole number from 128 to 10240 MB",
    ],
    [
      "more processors than there are",
      {},
      { manifest: stubManifest({ resources: { cpu: 6 } }) },
      "memory 10614 MB: a whole number from 128 to 10240 MB",
    ],
    [
      "a longer timeout than there is",
      {},
      { manifest: stubManifest({ traffic: { timeoutMs: 1_000_000 } }) },
      "timeout 1000 s: a whole number from 1 to 900 s",
    ],
    [
      "a secret in clear",
      {},
      { variables: { DB_PASSWORD: "hunter2" } },
      "environment variable DB_PASSWORD in clear: give it as --secret DB_PASSWORD=ARN",
    ],
    [
      "a secret in place of its ARN, without showing it",
      {},
      { secrets: { API_KEY: "hunter2" } },
      "secret API_KEY is no ARN of a secret of Secrets Manager or of a parameter of Systems Manager",
    ],
    [
      "options of managed instances on standard compute",
      { maxConcurrency: 8, subnetIds: ["subnet-0a1b2c3d"] },
      {},
      "maxConcurrency is for compute managed-instances, not standard\nsubnetIds is for compute managed-instances, not standard",
    ],
    [
      "managed instances without a network",
      { compute: "managed-instances", snapStart: true },
      {},
      "subnetIds is not given: a capacity provider is made in the network that you name\nsecurityGroupIds is not given: a capacity provider is made in the network that you name\nsnapStart with managed-instances: it is for compute standard",
    ],
    [
      "a queue that Lambda does not take",
      { queueBatchSize: 100, queueWindowSeconds: 0, queueApi: "triple" },
      {},
      'queueWindowSeconds 0: batches over 10 need 1 or more\nqueueApi "triple": the bento has double',
    ],
    [
      "options of a queue without one",
      { queueMaxConcurrency: 5 },
      {},
      "queueMaxConcurrency without queueBatchSize: that one makes the queue",
    ],
    [
      "everything at once",
      { memoryMb: 1, ephemeralStorageMb: 1 },
      { variables: { A: "1" }, image: { ...STUB_IMAGE, platform: "linux/arm64" } },
      'memory 1 MB: a whole number from 128 to 10240 MB\n/tmp 1 MB: a whole number from 512 to 10240 MB\nenvironment variable "A": a letter, then one or more of A-Z a-z 0-9 _\nimage for linux/arm64: architecture x86_64 runs linux/amd64',
    ],
  ])("fails with %s", (_what, options, overrides, message) => {
    expect(() => awsLambdaAdapter.plan(desired(options, overrides), undefined)).toThrow(
      expect.objectContaining({
        code: "BENTO_INVALID_INPUT",
        message,
        where: "stub_service:v1 on aws-lambda",
        hint: "change these settings to what AWS Lambda takes",
      }),
    );
  });

  it.each<[string, Desired<AwsLambdaOptions>, LambdaObserved | undefined, object]>([
    [
      "a canary on a first deploy",
      desired({}, { canary: 10 }),
      undefined,
      {
        code: "BENTO_INVALID_INPUT",
        message:
          "a canary of 10 % on a first deploy: no version stands that could take the other 90 %",
        where: "--canary",
        hint: "deploy without --canary first; it is private until you let callers in",
      },
    ],
    [
      "to take managed instances off again",
      desired(),
      standingLambda(desired(MANAGED), { stack: standingStack(desired(MANAGED)) }),
      {
        code: "BENTO_INVALID_INPUT",
        message: "compute standard: managed instances cannot be taken off a function again",
        where: "function stub-service",
        hint: "go on with compute=managed-instances, or deploy under another --name and destroy this one",
      },
    ],
    [
      "a function of another bento",
      desired(),
      withFunction({ bentoName: "other_service" }),
      {
        code: "BENTO_CONFLICT",
        message: `function stub-service is the bento "other_service"'s, not stub_service's`,
        where: "function stub-service",
        hint: "deploy under another name with --name, or destroy what is there first",
      },
    ],
    [
      "a function from a zip file",
      desired(),
      withFunction({ packageType: "Zip", bentoName: undefined }),
      {
        code: "BENTO_CONFLICT",
        message:
          "function stub-service is made from a zip file, and Lambda cannot give it an image instead",
        where: "function stub-service",
        hint: "deploy under another name with --name, or delete that function first",
      },
    ],
    [
      "a function of a CDK app",
      desired(),
      withFunction({ spec: undefined }),
      {
        code: "BENTO_CONFLICT",
        message: "function stub-service is deployed by a CDK app of its own",
        where: "function stub-service",
        hint: "deploy it with npx cdk deploy in that app, or deploy under another name with --name",
      },
    ],
    [
      "a stack that takes no updates",
      desired({ memoryMb: 512 }),
      standingLambda(desired(), {
        stack: standingStack(desired(), { status: "UPDATE_ROLLBACK_FAILED" }),
      }),
      {
        code: "BENTO_PLATFORM",
        message: "stack bento-stub-service is UPDATE_ROLLBACK_FAILED: it takes no updates",
        where: "stack bento-stub-service",
        hint: "look at its events, then: aws cloudformation continue-update-rollback --stack-name bento-stub-service",
      },
    ],
    [
      "an alias that was deleted by hand",
      desired(),
      standingLambda(desired(), {
        alias: undefined,
        stack: standingStack(desired()),
        recorded: { "7": 80, "8": 20 },
      }),
      {
        code: "BENTO_CONFLICT",
        message: "the alias live of function stub-service was deleted by hand",
        where: "stack bento-stub-service, which has made it",
        hint: "make it again, then deploy: aws lambda create-alias --region eu-central-1 --function-name stub-service --name live --function-version 7",
      },
    ],
    [
      "a function that was deleted by hand",
      desired(),
      standingLambda(desired(), {
        function: undefined,
        alias: undefined,
        stack: standingStack(desired()),
      }),
      {
        code: "BENTO_CONFLICT",
        message: "function stub-service was deleted by hand",
        where: "stack bento-stub-service, which has made it",
        hint: "end the rest of it, then deploy again: bento deployment destroy stub-service --platform aws-lambda",
      },
    ],
  ])("fails with %s", (_what, wanted, observed, error) => {
    expect(() => awsLambdaAdapter.plan(wanted, observed)).toThrow(expect.objectContaining(error));
  });
});

function withFunction(changes: Partial<NonNullable<LambdaObserved["function"]>>): LambdaObserved {
  const standing = standingLambda(desired(), { stack: standingStack(desired()) });
  return standing.function === undefined
    ? standing
    : { ...standing, function: { ...standing.function, ...changes } };
}
