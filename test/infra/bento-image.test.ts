import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Stack } from "aws-cdk-lib";
import { Template } from "aws-cdk-lib/assertions";
import { Repository } from "aws-cdk-lib/aws-ecr";
import { describe, expect, it } from "vitest";
import { digestOf } from "../../core/digest.ts";
import { formatImageLock, type ImageLock } from "../../core/image-lock.ts";
import { BentoImage } from "../../infra/bento-image.ts";
import { BentoLambda } from "../../infra/bento-lambda.ts";
import { tempDir } from "../support/temp-dir.ts";

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

describe("BentoImage.fromLock", () => {
  const repository = Repository.fromRepositoryName(new Stack(), "Images", "bento/iris");
  const lock: ImageLock = {
    schema: 1,
    bento: { tag: "iris:v1", digest: digestOf("bento") },
    image: { digest: digestOf("image"), platform: "linux/arm64" },
    base: { digest: digestOf("base") },
  };

  it("keeps the digest and the platform, which a function takes its architecture from", async () => {
    await using dir = await tempDir();
    const file = join(dir.path, "bento.image.json");
    await writeFile(file, formatImageLock(lock));
    const image = BentoImage.fromLock(file, { repository });
    expect({ ...image }).toEqual({ repository, ...lock.image, bentoName: "iris" });
    const stack = new Stack();
    new BentoLambda(stack, "Iris", { image });
    Template.fromStack(stack).hasResourceProperties("AWS::Lambda::Function", {
      Architectures: ["arm64"],
    });
  });

  it("says how to write a file that is not there", () => {
    expect(() => BentoImage.fromLock("/absent/bento.image.json", { repository })).toThrow(
      expect.objectContaining({
        code: "BENTO_NOT_FOUND",
        message: "no lock file of an image",
        hint: "write it with bento containerize TAG --lock /absent/bento.image.json",
      }),
    );
  });
});
