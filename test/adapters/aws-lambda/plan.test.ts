import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { Desired } from "../../../adapters/adapter.ts";
import { awsLambdaAdapter } from "../../../adapters/aws-lambda/adapter.ts";
import type { AwsLambdaOptions } from "../../../adapters/aws-lambda/options.ts";
import { lambdaTarget } from "../../../adapters/aws-lambda/target.ts";
import { formatPlan } from "../../../core/plan.ts";
import { desiredStub, STUB_IMAGE } from "../../support/desired.ts";
import { expectGolden } from "../../support/golden-file.ts";
import { stubManifest } from "../../support/stub-bento.ts";

function desired(options: object = {}, overrides: Partial<Desired> = {}) {
  return desiredStub(awsLambdaAdapter, options, overrides) as Desired<AwsLambdaOptions>;
}

function batching() {
  const manifest = stubManifest({
    apis: [{ name: "classify", kind: "batch" }],
    traffic: { concurrency: 8 },
  });
  return desired({}, { manifest });
}

describe("planAwsLambda", () => {
  it("plans a first deploy as a person would read it", async () => {
    const plan = awsLambdaAdapter.plan(
      desired({ account: "123456789012", region: "eu-central-1" }, { variables: { LEVEL: "3" } }),
      undefined,
    );
    await expectGolden(join(import.meta.dirname, "golden", "first-plan.json"), formatPlan(plan));
  });

  it("says that AWS was not asked", () => {
    const plan = awsLambdaAdapter.plan(desired(), undefined);
    expect(plan.basis).toEqual({ observed: "nothing: AWS was not asked" });
    expect(plan.warnings).toEqual([
      "AWS was not asked what stands there; this is the plan of a first deploy",
    ]);
  });

  it("says what batching becomes", () => {
    expect(awsLambdaAdapter.plan(batching(), undefined).warnings).toEqual([
      "AWS was not asked what stands there; this is the plan of a first deploy",
      "no in-process batching here: one request per environment; use managed instances or a queue",
      "traffic.concurrency 8 has no effect here: each environment takes one request at a time",
    ]);
  });

  it("updates what differs and says what", () => {
    const plan = awsLambdaAdapter.plan(
      desired({ memoryMb: 2048, timeoutSeconds: 30 }),
      lambdaTarget(desired()),
    );
    expect(
      plan.actions.map(({ kind, resource, reasons }) => ({ kind, resource, reasons })),
    ).toEqual([
      {
        kind: "update",
        resource: "AWS::CloudFormation::Stack bento-stub-service",
        reasons: ["memoryMb changes", "timeoutSeconds changes"],
      },
      {
        kind: "version",
        resource: "AWS::Lambda::Version stub-service",
        reasons: ["an immutable version is what traffic goes to, and the way back"],
      },
      {
        kind: "traffic",
        resource: "AWS::Lambda::Alias stub-service:live",
        reasons: ["the new version replaces the one before"],
      },
    ]);
  });

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
      "an image that is too large",
      {},
      { image: { ...STUB_IMAGE, bytes: 11 * 2 ** 30 } },
      "image of 11.8 GB compressed: 10.7 GB at most, uncompressed",
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
});
