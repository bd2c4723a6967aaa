import { join } from "node:path";
import { App, Duration, Stack } from "aws-cdk-lib";
import { Match, Template } from "aws-cdk-lib/assertions";
import { Role, ServicePrincipal } from "aws-cdk-lib/aws-iam";
import { Key } from "aws-cdk-lib/aws-kms";
import { describe, expect, it } from "vitest";
import { canonicalJson } from "../../core/canonical-json.ts";
import { BentoModelBucket, type BentoModelBucketProps } from "../../infra/bento-model-bucket.ts";
import { expectGolden } from "../support/golden-file.ts";
import { sourcesOf } from "../support/sources.ts";

/** What each call of S3 needs: https://docs.aws.amazon.com/AmazonS3/latest/API, November 2026. */
const ACTIONS: Readonly<Record<string, string>> = {
  AbortMultipartUpload: "s3:AbortMultipartUpload",
  CompleteMultipartUpload: "s3:PutObject",
  CreateMultipartUpload: "s3:PutObject",
  DeleteObject: "s3:DeleteObject",
  GetObject: "s3:GetObject",
  HeadObject: "s3:GetObject",
  ListMultipartUploads: "s3:ListBucketMultipartUploads",
  ListObjectsV2: "s3:ListBucket",
  ListParts: "s3:ListMultipartUploadParts",
  PutObject: "s3:PutObject",
  UploadPart: "s3:PutObject",
};

function withBucket(make: (stack: Stack) => BentoModelBucketProps = () => ({})) {
  const stack = new Stack(new App(), "Shop");
  const models = new BentoModelBucket(stack, "Models", make(stack));
  const role = new Role(stack, "Job", { assumedBy: new ServicePrincipal("lambda.amazonaws.com") });
  return { stack, models, role, template: () => Template.fromStack(stack) };
}

/** Who may what: the statements of the role, with their actions and the ends of their resources. */
function statementsOf(template: Template): [unknown, string][] {
  const [policy] = Object.values(template.findResources("AWS::IAM::Policy"));
  const statements: { Action: unknown; Resource: unknown }[] =
    policy?.["Properties"].PolicyDocument.Statement;
  return statements.map(({ Action, Resource }) => {
    const end = /"(\/[^"]*)"\]\]/.exec(JSON.stringify(Resource))?.[1];
    return [Action, end ?? (typeof Resource === "string" ? "the key" : "the bucket")];
  });
}

describe("BentoModelBucket", () => {
  it("is versioned, encrypted, closed and kept", async () => {
    const stack = new Stack(new App(), "Shop");
    new BentoModelBucket(stack, "Models");
    const text = `${canonicalJson(Template.fromStack(stack).toJSON(), 2)}\n`;
    await expectGolden(join(import.meta.dirname, "golden", "bento-model-bucket.json"), text);
  });

  it("says where the store is", () => {
    const { stack, models } = withBucket(() => ({ prefix: "team/bento" }));
    expect(stack.resolve(models.storeUrl)).toEqual({
      "Fn::Join": ["", ["s3://", { Ref: "ModelsBucket970C6ADA" }, "/team/bento"]],
    });
    expect(stack.resolve(withBucket().models.storeUrl)).toEqual({
      "Fn::Join": ["", ["s3://", { Ref: "ModelsBucket970C6ADA" }]],
    });
  });

  it("lets readers list, and read below its prefix alone", () => {
    const { models, role, template } = withBucket(() => ({ prefix: "bento" }));
    models.grantRead(role);
    expect(statementsOf(template())).toEqual([
      ["s3:GetObject", "/bento/*"],
      ["s3:ListBucket", "the bucket"],
    ]);
  });

  it("lets publishers write, and delete only what they leave while they write", () => {
    const { models, role, template } = withBucket(() => ({ prefix: "bento" }));
    models.grantPublish(role);
    expect(statementsOf(template())).toEqual([
      [
        ["s3:AbortMultipartUpload", "s3:GetObject", "s3:ListMultipartUploadParts", "s3:PutObject"],
        "/bento/*",
      ],
      ["s3:DeleteObject", "/bento/pending/*"],
      [["s3:ListBucket", "s3:ListBucketMultipartUploads"], "the bucket"],
    ]);
  });

  it("lets publishers use the whole bucket where it has no prefix, and its key", () => {
    const arn = "arn:aws:kms:eu-central-1:123456789012:key/0a1b2c3d-0000-4000-8000-000000000000";
    const { models, role, template } = withBucket((stack) => ({
      encryptionKey: Key.fromKeyArn(stack, "Key", arn),
    }));
    models.grantPublish(role);
    const made = template();
    expect(statementsOf(made).slice(2)).toEqual([
      [["s3:ListBucket", "s3:ListBucketMultipartUploads"], "the bucket"],
      [["kms:Decrypt", "kms:GenerateDataKey"], "the key"],
    ]);
    made.hasResourceProperties("AWS::S3::Bucket", {
      BucketEncryption: {
        ServerSideEncryptionConfiguration: [
          {
            BucketKeyEnabled: true,
            ServerSideEncryptionByDefault: { KMSMasterKeyID: arn, SSEAlgorithm: "aws:kms" },
          },
        ],
      },
    });
  });

  it("grants publishers what the store's driver calls, and nothing else", async () => {
    const { models, role, template } = withBucket();
    models.grantPublish(role);
    const granted = statementsOf(template()).flatMap(([actions]) => actions);
    const sources = await sourcesOf(["model-store/drivers/s3/*.ts"]);
    const commands = sources.flatMap(({ text }) => [...text.matchAll(/sdk\.(\w+)Command\(/g)]);
    const needed = commands.map(([, command = ""]) => ACTIONS[command] ?? command);
    expect([...new Set(granted)].sort()).toEqual([...new Set(needed)].sort());
  });

  it("drops old versions and unfinished uploads when it is told to", () => {
    withBucket(() => ({
      bucketName: "acme-models",
      abortUploadsAfter: Duration.days(1),
      keepNoncurrentFor: Duration.days(90),
    }))
      .template()
      .hasResourceProperties("AWS::S3::Bucket", {
        BucketName: "acme-models",
        LifecycleConfiguration: {
          Rules: [
            Match.objectLike({ AbortIncompleteMultipartUpload: { DaysAfterInitiation: 1 } }),
            Match.objectLike({ NoncurrentVersionExpiration: { NoncurrentDays: 90 } }),
          ],
        },
      });
  });

  it.each<[BentoModelBucketProps, string]>([
    [{ prefix: "/bento" }, 'prefix "/bento": names of A-Z a-z 0-9 . _ - joined by /'],
    [{ prefix: "bento/" }, 'prefix "bento/": names of A-Z a-z 0-9 . _ - joined by /'],
    [{ prefix: "" }, 'prefix "": names of A-Z a-z 0-9 . _ - joined by /'],
    [{ abortUploadsAfter: Duration.hours(1) }, "abortUploadsAfter 1 hour: whole days from 1"],
    [{ keepNoncurrentFor: Duration.days(0) }, "keepNoncurrentFor 0 days: whole days from 1"],
  ])("fails with %j", (props, message) => {
    expect(() => withBucket(() => props)).toThrow(
      expect.objectContaining({ code: "BENTO_INVALID_INPUT", where: "Shop/Models", message }),
    );
  });
});
