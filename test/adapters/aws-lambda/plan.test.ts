import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { Desired } from "../../../adapters/adapter.ts";
import { awsLambdaAdapter } from "../../../adapters/aws-lambda/adapter.ts";
import type { LambdaObserved } from "../../../adapters/aws-lambda/observed.ts";
import type { AwsLambdaOptions } from "../../../adapters/aws-lambda/options.ts";
import { planText } from "../../../cli/plan-text.ts";
import { digestOf } from "../../../core/digest.ts";
import { formatPlan, type Plan } from "../../../core/plan.ts";
import { desiredStub, STUB_IMAGE } from "../../support/desired.ts";
import { expectGolden } from "../../support/golden-file.ts";
import { PLACE, standingLambda, standingStack } from "../../support/observed-lambda.ts";
import { stubManifest } from "../../support/stub-bento.ts";

function desired(options: object = {}, overrides: Partial<Desired> = {}) {
  return desiredStub(awsLambdaAdapter, options, overrides) as Desired<AwsLambdaOptions>;
}

/** Another version of the stub bento, in another image. */
function next(options: object = {}, overrides: Partial<Desired> = {}) {
  const manifest = stubManifest({ version: "v2" });
  return desired(options, {
    manifest,
    bento: { name: manifest.name, version: "v2", digest: digestOf("v2"), models: {} },
    image: { ...STUB_IMAGE, digest: digestOf("image v2") },
    ...overrides,
  });
}

const MANAGED = {
  compute: "managed-instances",
  subnetIds: ["subnet-0b1b2c3d", "subnet-0a1b2c3d"],
  securityGroupIds: ["sg-0a1b2c3d"],
};

const PUSHABLE = { repository: { isThere: true, hasImage: false } };

/** As a person sees it, without the lines that are the same everywhere. */
function seen(plan: Plan): string {
  return planText(plan).split("\n").slice(3).join("\n");
}

function planned(wanted: Desired<AwsLambdaOptions>, observed: LambdaObserved | undefined): string {
  return seen(awsLambdaAdapter.plan(wanted, observed));
}

describe("planAwsLambda", () => {
  it("plans a first deploy as a person would read it", async () => {
    const wanted = desired(PLACE, { variables: { LEVEL: "3" } });
    const nothing: LambdaObserved = {
      ...PLACE,
      function: undefined,
      alias: undefined,
      versions: [],
      repository: { isThere: false, hasImage: false },
      stack: undefined,
      versionCount: undefined,
      recorded: undefined,
    };
    const plan = awsLambdaAdapter.plan(wanted, nothing);
    expect(formatPlan(awsLambdaAdapter.plan(wanted, nothing))).toBe(formatPlan(plan));
    await expectGolden(join(import.meta.dirname, "golden", "first-plan.json"), formatPlan(plan));
  });

  it("has nothing to do where everything is as desired", () => {
    const wanted = desired();
    expect(planned(wanted, standingLambda(wanted))).toMatchInlineSnapshot(`
      "  = noop     AWS::Lambda::Alias stub-service:live
            it is as desired
      "
    `);
  });

  it("brings a new version without a word about settings", () => {
    const observed = standingLambda(desired(), PUSHABLE);
    expect(planned(next(), observed)).toMatchInlineSnapshot(`
      "  ↑ push     123456789012.dkr.ecr.eu-central-1.amazonaws.com/bento/stub-service@sha256:9d048c9556a131f12402d3114f485dbf1e150474cb635d1af103188484ea20ee
            the image of stub_service:v2
        + version  AWS::Lambda::Version stub-service
            the image is another one
        → traffic  AWS::Lambda::Alias stub-service:live
            all of it to the new version
      "
    `);
    expect(awsLambdaAdapter.plan(next(), observed).basis).toMatchInlineSnapshot(`
      {
        "account": "123456789012",
        "alias": {
          "others": {},
          "revision": "alias-1",
          "version": "1",
        },
        "function": {
          "image": "sha256:6105d6cc76af400325e94d588ce511be5bfdbb73b437dc51eca43917d7a43e3d",
          "revision": "function-1",
          "spec": "sha256:055e08b1ba51d7542427be46a64f45028481106cf8d8f76c9e90f23d56c56bf7",
        },
        "region": "eu-central-1",
        "repository": {
          "hasImage": false,
          "isThere": true,
        },
        "stack": "not asked: the function's label says that its settings are as desired",
      }
    `);
  });

  it("gives a canary its share", () => {
    const observed = standingLambda(desired(), PUSHABLE);
    expect(planned(next({}, { canary: 10 }), observed)).toMatchInlineSnapshot(`
      "  canary 10 % of the traffic first
        ↑ push     123456789012.dkr.ecr.eu-central-1.amazonaws.com/bento/stub-service@sha256:9d048c9556a131f12402d3114f485dbf1e150474cb635d1af103188484ea20ee
            the image of stub_service:v2
        + version  AWS::Lambda::Version stub-service
            the image is another one
        → traffic  AWS::Lambda::Alias stub-service:live
            10 % to the new version at first
      "
    `);
  });

  it("changes settings by the stack, and says from what to what", () => {
    const before = desired(
      { queueBatchSize: 5 },
      { variables: { LEVEL: "3", API_KEY: "arn:aws:ssm:eu-central-1:123456789012:parameter/key" } },
    );
    const wanted = desired({ memoryMb: 2048, timeoutSeconds: 30 }, { variables: { LEVEL: "4" } });
    const plan = awsLambdaAdapter.plan(
      wanted,
      standingLambda(before, { stack: standingStack(before) }),
    );
    expect(seen(plan)).toMatchInlineSnapshot(`
      "  ~ update   AWS::CloudFormation::Stack bento-stub-service  [destroys]
            environment.API_KEY (hidden) → (none)
            environment.LEVEL 3 → 4
            memoryMb 1769 → 2048
            queue.batchSize 5 → (none)
            queue.windowSeconds 0 → (none)
            timeoutSeconds 60 → 30
            the queue is deleted, and the messages in it
        + version  AWS::Lambda::Version stub-service
            a version holds its settings
        → traffic  AWS::Lambda::Alias stub-service:live
            all of it to the new version
      "
    `);
    expect(plan.actions[0]).toMatchInlineSnapshot(`
      {
        "after": {
          "environment.LEVEL": "4",
          "memoryMb": 2048,
          "timeoutSeconds": 30,
        },
        "before": {
          "environment.API_KEY": "(hidden)",
          "environment.LEVEL": "3",
          "memoryMb": 1769,
          "queue.batchSize": 5,
          "queue.windowSeconds": 0,
          "timeoutSeconds": 60,
        },
        "kind": "update",
        "reasons": [
          "environment.API_KEY (hidden) → (none)",
          "environment.LEVEL 3 → 4",
          "memoryMb 1769 → 2048",
          "queue.batchSize 5 → (none)",
          "queue.windowSeconds 0 → (none)",
          "timeoutSeconds 60 → 30",
          "the queue is deleted, and the messages in it",
        ],
        "resource": "AWS::CloudFormation::Stack bento-stub-service",
        "risk": "destroys",
      }
    `);
  });

  it("goes on where a deploy was killed before the traffic moved", () => {
    const wanted = next();
    const [old] = standingLambda(desired()).versions;
    const standing = standingLambda(wanted);
    const observed = {
      ...standing,
      versions: old === undefined ? [] : [old],
    };
    expect(planned(wanted, observed)).toMatchInlineSnapshot(`
      "  + version  AWS::Lambda::Version stub-service
            the image is another one
        → traffic  AWS::Lambda::Alias stub-service:live
            all of it to the new version
      "
    `);
  });

  it("gives a canary all of it", () => {
    const [old] = standingLambda(desired()).versions;
    const wanted = next();
    const standing = standingLambda(wanted);
    const versions = standing.versions.map((version) => ({ ...version, id: "2" }));
    const observed = standingLambda(wanted, {
      alias: { arn: "", revisionId: "alias-2", version: "1", others: { "2": 10 } },
      versions: [...(old === undefined ? [] : [old]), ...versions],
      recorded: { "1": 90, "2": 10 },
    });
    expect(planned(wanted, observed)).toMatchInlineSnapshot(`
      "  → traffic  AWS::Lambda::Alias stub-service:live
            all of it to the version 2
      "
    `);
    expect(planned({ ...wanted, canary: 10 }, observed)).toMatchInlineSnapshot(`
      "  canary 10 % of the traffic first
        = noop     AWS::Lambda::Alias stub-service:live
            it is as desired
      "
    `);
  });

  it("ends another canary and says so", () => {
    const wanted = next();
    const observed = standingLambda(desired(), {
      ...PUSHABLE,
      alias: { arn: "", revisionId: "alias-2", version: "1", others: { "7": 25 } },
    });
    expect(planned(wanted, observed)).toMatchInlineSnapshot(`
      "  ↑ push     123456789012.dkr.ecr.eu-central-1.amazonaws.com/bento/stub-service@sha256:9d048c9556a131f12402d3114f485dbf1e150474cb635d1af103188484ea20ee
            the image of stub_service:v2
        + version  AWS::Lambda::Version stub-service
            the image is another one
        → traffic  AWS::Lambda::Alias stub-service:live
            all of it to the new version
            the canary of version 7 ends with its 25 %
        ! live was moved by somebody else since the last deploy: version 1 100 % then, version 1 75 %, version 7 25 % now
      "
    `);
  });

  it("says what becomes of a stack that is not made", () => {
    const wanted = desired();
    const all = ["ROLLBACK_COMPLETE", "REVIEW_IN_PROGRESS", "CREATE_IN_PROGRESS"].map((status) => {
      const isEmpty = status === "REVIEW_IN_PROGRESS";
      const stack = standingStack(wanted, {
        status,
        ...(isEmpty ? { spec: undefined, bentoName: undefined } : {}),
      });
      const observed = standingLambda(wanted, {
        function: undefined,
        alias: undefined,
        versions: [],
        recorded: undefined,
        repository: { isThere: true, hasImage: true },
        stack,
      });
      return planned(wanted, observed);
    });
    expect(all.join("\n")).toMatchInlineSnapshot(`
      "  - delete   AWS::CloudFormation::Stack bento-stub-service  [destroys]
            ROLLBACK_COMPLETE: CloudFormation takes no updates of it, only delete and create
        + create   AWS::CloudFormation::Stack bento-stub-service
            the stack is ROLLBACK_COMPLETE
        + version  AWS::Lambda::Version stub-service
            an immutable version is what traffic goes to, and the way back
        → traffic  AWS::Lambda::Alias stub-service:live
            the first version

        + create   AWS::CloudFormation::Stack bento-stub-service
            nothing stands but a stack under review, which is used
        + version  AWS::Lambda::Version stub-service
            an immutable version is what traffic goes to, and the way back
        → traffic  AWS::Lambda::Alias stub-service:live
            the first version

        + create   AWS::CloudFormation::Stack bento-stub-service
            the stack is CREATE_IN_PROGRESS
        + version  AWS::Lambda::Version stub-service
            an immutable version is what traffic goes to, and the way back
        → traffic  AWS::Lambda::Alias stub-service:live
            the first version
        ! stack bento-stub-service is CREATE_IN_PROGRESS: CloudFormation's work is attached to and waited for first
      "
    `);
  });

  it("replaces a function of another name, and says what goes", () => {
    const before = desired();
    const observed = standingLambda(before, {
      function: undefined,
      alias: undefined,
      versions: [],
      stack: standingStack(before),
      repository: { isThere: true, hasImage: true },
    });
    expect(planned(desired({ functionName: "other" }), observed)).toMatchInlineSnapshot(`
      "  ± replace  AWS::CloudFormation::Stack bento-stub-service  [destroys]
            functionName stub-service → other
            another name is another function: the old one goes, its versions too
        + version  AWS::Lambda::Version other
            an immutable version is what traffic goes to, and the way back
        → traffic  AWS::Lambda::Alias other:live
            the first version
      "
    `);
  });

  it("attaches managed instances once, and warns", () => {
    const before = desired();
    const observed = standingLambda(before, { stack: standingStack(before) });
    expect(planned(desired(MANAGED), observed)).toMatchInlineSnapshot(`
      "  ~ update   AWS::CloudFormation::Stack bento-stub-service
            compute.instanceTypes (none) → []
            compute.kind standard → managed-instances
            compute.maxConcurrency (none) → 32
            compute.memoryGibPerVcpu (none) → 2
            compute.securityGroupIds (none) → ["sg-0a1b2c3d"]
            compute.subnetIds (none) → ["subnet-0a1b2c3d","subnet-0b1b2c3d"]
            environment.NODE_OPTIONS (none) → --max-semi-space-size=2
            memoryMb 1769 → 2048
        + version  AWS::Lambda::Version stub-service
            a version holds its settings
        → traffic  AWS::Lambda::Alias stub-service:live
            all of it to the new version
        ! managed instances cannot be taken off a function again
        ! managed instances cost as long as they stand: 3 environments are kept without traffic
      "
    `);
  });

  it("says when versions of managed instances run out", () => {
    const before = desired(MANAGED);
    expect(
      planned(next(MANAGED), standingLambda(before, { ...PUSHABLE, versionCount: 93 })),
    ).toMatchInlineSnapshot(`
      "  ↑ push     123456789012.dkr.ecr.eu-central-1.amazonaws.com/bento/stub-service@sha256:9d048c9556a131f12402d3114f485dbf1e150474cb635d1af103188484ea20ee
            the image of stub_service:v2
        + version  AWS::Lambda::Version stub-service
            the image is another one
        → traffic  AWS::Lambda::Alias stub-service:live
            all of it to the new version
        ! stub-service has 93 of the 100 versions that a capacity provider takes: bento deployment prune
      "
    `);
  });

  it("keeps the profile of what stands where a deploy brings none", () => {
    const profile = JSON.stringify({
      schema: 1,
      machine: { cores: 2, arch: "x64", cpu: "any" },
      models: {
        iris: {
          digest: digestOf("iris"),
          points: [
            { rows: 1, ms: 5 },
            { rows: 16, ms: 6 },
            { rows: 32, ms: 40 },
          ],
        },
      },
    });
    const before = desired(MANAGED, { variables: { BENTO_PROFILE: profile } });
    const observed = standingLambda(before, PUSHABLE);
    const kinds = awsLambdaAdapter.plan(next(MANAGED), observed).actions.map(({ kind }) => kind);
    expect(kinds).toEqual(["push", "version", "traffic"]);
  });

  it("says that AWS was not asked, and what batching becomes", () => {
    const manifest = stubManifest({
      apis: [{ name: "classify", kind: "batch" }],
      traffic: { concurrency: 8 },
    });
    expect(awsLambdaAdapter.plan(desired({}, { manifest }), undefined).warnings).toEqual([
      "AWS was not asked what stands there; this is the plan of a first deploy",
      "no in-process batching here: one request per environment; use managed instances or a queue",
      "traffic.concurrency 8 has no effect here: each environment takes one request at a time",
    ]);
  });

  it("says when somebody else moved the alias", () => {
    const wanted = desired();
    const observed = standingLambda(wanted, { recorded: { "4": 100 } });
    expect(awsLambdaAdapter.plan(wanted, observed).warnings).toEqual([
      "live was moved by somebody else since the last deploy: version 4 100 % then, version 1 100 % now",
    ]);
  });
});
