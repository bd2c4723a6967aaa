import { afterEach, describe, expect, it, vi } from "vitest";
import {
  deleteImages,
  ecrImageUri,
  hasImage,
  listImages,
  readRepository,
  readRepositoryPolicy,
} from "../../../adapters/aws/ecr.ts";
import type { Digest } from "../../../core/digest.ts";
import { jsonError, scriptedAws, testSession } from "./scripted-aws.ts";

afterEach(() => {
  vi.unstubAllEnvs();
});

const REPOSITORY = "bento/iris";
const digest = (number: number): Digest => `sha256:${String(number).padStart(64, "0")}`;
const missing = jsonError("RepositoryNotFoundException", "The repository does not exist");

describe("a repository that is not there", () => {
  it("is undefined, has no image and lists none", async () => {
    await using _aws = await scriptedAws((action) =>
      action === "GetCallerIdentity" ? undefined : missing,
    );
    const session = await testSession();
    expect(await readRepository(session, REPOSITORY)).toBe(undefined);
    expect(await readRepositoryPolicy(session, REPOSITORY)).toBe(undefined);
    expect(await hasImage(session, REPOSITORY, digest(1))).toBe(false);
    expect(await Array.fromAsync(listImages(session, REPOSITORY))).toEqual([]);
  });
});

describe("readRepository", () => {
  it("has no tags where the caller may not read them", async () => {
    await using _aws = await scriptedAws((action) => {
      if (action === "DescribeRepositories") {
        return { body: { repositories: [{ repositoryName: REPOSITORY }] } };
      }
      return action === "ListTagsForResource"
        ? jsonError("AccessDeniedException", "no")
        : undefined;
    });
    const found = await readRepository(await testSession(), REPOSITORY);
    expect(found).toMatchObject({ isImmutable: false, isScannedOnPush: false, tags: {} });
  });
});

describe("readRepositoryPolicy", () => {
  it("reads the document", async () => {
    await using _aws = await scriptedAws((action) =>
      action === "GetRepositoryPolicy" ? { body: { policyText: '{"Statement":[]}' } } : undefined,
    );
    expect(await readRepositoryPolicy(await testSession(), REPOSITORY)).toEqual({ Statement: [] });
  });
});

describe("listImages", () => {
  it("reads all pages, tags sorted", async () => {
    await using _aws = await scriptedAws((action, { nextToken }) => {
      if (action !== "DescribeImages") {
        return undefined;
      }
      return nextToken === undefined
        ? {
            body: {
              nextToken: "2",
              imageDetails: [
                {
                  imageDigest: digest(1),
                  imageTags: ["v2", "v1"],
                  imageSizeInBytes: 5,
                  imagePushedAt: 0,
                },
              ],
            },
          }
        : {
            body: { imageDetails: [{ imageDigest: digest(2), subjectManifestDigest: digest(1) }] },
          };
    });
    expect(await Array.fromAsync(listImages(await testSession(), REPOSITORY))).toEqual([
      {
        digest: digest(1),
        tags: ["v1", "v2"],
        sizeBytes: 5,
        pushedAt: "1970-01-01T00:00:00.000Z",
        subject: undefined,
      },
      { digest: digest(2), tags: [], sizeBytes: 0, pushedAt: undefined, subject: digest(1) },
    ]);
  });
});

describe("deleteImages", () => {
  it("deletes a hundred at a time and says what stays", async () => {
    const sizes: number[] = [];
    await using _aws = await scriptedAws((action, { imageIds }) => {
      if (action !== "BatchDeleteImage" || !Array.isArray(imageIds)) {
        return undefined;
      }
      sizes.push(imageIds.length);
      const failures = [
        { imageId: { imageDigest: digest(1) }, failureCode: "ImageNotFound" },
        {
          imageId: { imageDigest: digest(2) },
          failureCode: "ImageReferencedByManifestList",
          failureReason: "an index names it",
        },
      ];
      return { body: { failures: sizes.length === 1 ? failures : [] } };
    });
    const digests = Array.from({ length: 150 }, (_, number) => digest(number));
    expect(await deleteImages(await testSession(), REPOSITORY, digests)).toEqual({
      deleted: digests.filter((_, number) => number !== 2),
      kept: [{ digest: digest(2), reason: "an index names it" }],
    });
    expect(sizes).toEqual([100, 50]);
  });

  it("asks for nothing when there is nothing to delete", async () => {
    await using aws = await scriptedAws(() => undefined);
    const nothing = { deleted: [], kept: [] };
    expect(await deleteImages(await testSession(), REPOSITORY, [])).toEqual(nothing);
    expect(aws.actions).toEqual([]);
  });
});

describe("ecrImageUri", () => {
  it.each([
    ["aws", "eu-west-1", "123456789012.dkr.ecr.eu-west-1.amazonaws.com"],
    ["aws-cn", "cn-north-1", "123456789012.dkr.ecr.cn-north-1.amazonaws.com.cn"],
  ])("names ECR's own host in %s", (partition, region, host) => {
    const session = { account: "123456789012", partition, region };
    expect(ecrImageUri(session, REPOSITORY, digest(7))).toBe(`${host}/${REPOSITORY}@${digest(7)}`);
  });
});
