import { Stack } from "aws-cdk-lib";
import { Repository } from "aws-cdk-lib/aws-ecr";
import { describe, expect, it } from "vitest";
import { digestOf } from "../../core/digest.ts";
import { BentoImage } from "../../infra/bento-image.ts";

describe("BentoImage.fromEcr", () => {
  const repository = Repository.fromRepositoryName(new Stack(), "Images", "bento/iris");

  it("keeps the repository and the digest", () => {
    const image = BentoImage.fromEcr({ repository, digest: digestOf("image") });
    expect({ ...image }).toEqual({ repository, digest: digestOf("image") });
  });

  it.each(["latest", "v1", "sha256:abc", ""])("fails with the tag %j", (digest) => {
    expect(() => BentoImage.fromEcr({ repository, digest })).toThrow(
      expect.objectContaining({
        code: "BENTO_INVALID_INPUT",
        message: `not an image digest: ${JSON.stringify(digest)}`,
        where: "BentoImage.fromEcr",
        hint: "give the digest that bento containerize prints: sha256: and 64 hex digits",
      }),
    );
  });
});
