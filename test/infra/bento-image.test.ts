import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Stack } from "aws-cdk-lib";
import { Template } from "aws-cdk-lib/assertions";
import { Repository } from "aws-cdk-lib/aws-ecr";
import { Architecture, CapacityProvider } from "aws-cdk-lib/aws-lambda";
import { describe, expect, it } from "vitest";
import { canonicalJson } from "../../core/canonical-json.ts";
import { digestOf } from "../../core/digest.ts";
import { formatImageLock, type ImageLock } from "../../core/image-lock.ts";
import { BentoCompute } from "../../infra/bento-compute.ts";
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

  it("takes the profile along, which the server starts with and concurrency follows from", async () => {
    await using dir = await tempDir();
    const file = join(dir.path, "bento.image.json");
    await writeFile(file, formatImageLock(lock));
    const profile = {
      schema: 1,
      machine: { cores: 4, arch: "arm64", cpu: "any" },
      models: { iris: { digest: digestOf("model"), points: [{ rows: 20, ms: 4 }] } },
    };
    const profileFile = join(dir.path, "profile.json");
    await writeFile(profileFile, JSON.stringify(profile));
    const image = BentoImage.fromLock(file, { repository, profile: profileFile });
    expect(image.profile).toEqual(profile);
    const stack = new Stack();
    const capacityProvider = CapacityProvider.fromCapacityProviderName(stack, "Shared", "models");
    const compute = BentoCompute.managedInstances({ capacityProvider });
    new BentoLambda(stack, "Iris", { image, compute });
    Template.fromStack(stack).hasResourceProperties("AWS::Lambda::Function", {
      Environment: { Variables: { BENTO_PROFILE: canonicalJson(profile) } },
      CapacityProviderConfig: {
        LambdaManagedInstancesCapacityProviderConfig: { PerExecutionEnvironmentMaxConcurrency: 40 },
      },
    });
  });

  it("fails with a profile that is none", async () => {
    await using dir = await tempDir();
    const file = join(dir.path, "profile.json");
    await writeFile(file, "{}");
    expect(() =>
      BentoImage.fromEcr({ repository, digest: digestOf("image"), profile: file }),
    ).toThrow(
      expect.objectContaining({
        code: "BENTO_INVALID_INPUT",
        message: "not a profile of a bento",
        where: file,
        hint: "write it with bento profile",
      }),
    );
  });

  it("fails with another architecture than the image's", async () => {
    await using dir = await tempDir();
    const file = join(dir.path, "bento.image.json");
    await writeFile(file, formatImageLock(lock));
    const image = BentoImage.fromLock(file, { repository });
    const props = { image, architecture: Architecture.X86_64 };
    expect(() => new BentoLambda(new Stack(), "Iris", props)).toThrow(
      expect.objectContaining({ message: "architecture x86_64: the image is for arm64" }),
    );
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
