import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { hasImage, listImages, readRepository } from "../../../adapters/aws/ecr.ts";
import { type PushToEcrOptions, pushToEcr } from "../../../adapters/aws/push-to-ecr.ts";
import type { AwsSession } from "../../../adapters/aws/session.ts";
import { attach } from "../../../oci/attest/attachment.ts";
import { layoutAttachments } from "../../../oci/attest/layout-attachments.ts";
import { type LoopbackAws, startAws } from "../../support/aws/start-aws.ts";
import { failureOf } from "../../support/failure.ts";
import { type SampleImage, sampleImage } from "../../support/image-layout.ts";
import { type TempDir, tempDir } from "../../support/temp-dir.ts";
import { skipWithout } from "../../support/tools.ts";
import { stubAwsEnvironment, testSession } from "./scripted-aws.ts";

const SKIP = skipWithout("moto_server", "docker-registry");

describe.skipIf(SKIP)("pushToEcr", { timeout: 60_000 }, () => {
  let aws: LoopbackAws;
  let home: TempDir;
  let sample: SampleImage;
  let count = 0;
  let repository: string;
  let session: AwsSession;

  beforeAll(async () => {
    aws = await startAws();
    home = await tempDir();
    sample = await sampleImage(join(home.path, "images"));
  });

  afterAll(async () => {
    await aws?.[Symbol.asyncDispose]();
    await home?.[Symbol.asyncDispose]();
  });

  beforeEach(async () => {
    stubAwsEnvironment(aws.environment);
    session = await testSession();
    count += 1;
    repository = `bento/iris-${count}`;
    const ecr = await session.ecr();
    await ecr.createRepository({
      repositoryName: repository,
      imageTagMutability: "IMMUTABLE",
      tags: [{ Key: "bento:name", Value: "iris" }],
    });
    aws.clearCalls();
  });

  afterEach(() => {
    aws.clearFaults();
    vi.unstubAllEnvs();
  });

  const push = (more: Partial<PushToEcrOptions> = {}) =>
    pushToEcr(session, {
      repository,
      layoutDirectory: sample.layout.directory,
      digest: sample.image.digest,
      tags: ["v1"],
      onProgress: () => {},
      ...more,
    });
  const tokens = () => aws.calls.filter(({ action }) => action === "GetAuthorizationToken").length;

  it("sends the image under its tag and names it as functions do", async () => {
    const { uri, digest, blobs, attachments } = await push();
    expect({ uri, digest, blobs, attachments }).toEqual({
      uri: `123456789012.dkr.ecr.eu-west-1.amazonaws.com/${repository}@${sample.image.digest}`,
      digest: sample.image.digest,
      blobs: { exists: 0, mounted: 0, uploaded: 4 },
      attachments: 0,
    });
    expect(await hasImage(session, repository, digest)).toBe(true);
    const images = await Array.fromAsync(listImages(session, repository));
    expect(images).toMatchObject([{ digest, tags: ["v1"], subject: undefined }]);
  });

  it("sends nothing that is there, though tags are immutable", async () => {
    await push();
    aws.clearCalls();
    const { blobs, uploadedBytes } = await push();
    expect({ blobs, uploadedBytes }).toEqual({
      blobs: { exists: 4, mounted: 0, uploaded: 0 },
      uploadedBytes: 0,
    });
    expect(
      aws.calls.filter(({ isWrite, action }) => isWrite && action !== "GetAuthorizationToken"),
    ).toEqual([]);
  });

  it("tags another image of a version, such as one over a newer base, by its digest too", async () => {
    await push();
    const directory = join(home.path, `other-${count}`);
    const other = await sampleImage(directory, { layers: { app: "another app" } });
    const { digest } = other.image;
    await push({ layoutDirectory: directory, digest });
    await push({ layoutDirectory: directory, digest });
    const images = await Array.fromAsync(listImages(session, repository));
    expect(Object.fromEntries(images.map((image) => [image.digest, image.tags]))).toEqual({
      [sample.image.digest]: ["v1"],
      [digest]: [`v1-${digest.slice("sha256:".length).slice(0, 12)}`],
    });
  });

  it("takes a new token when the first one ends on the way", async () => {
    let isExpired = false;
    const { blobs } = await push({
      onProgress: (event) => {
        if (event.kind === "step-end" && !isExpired) {
          isExpired = true;
          aws.expireRegistryTokens();
        }
      },
    });
    expect(blobs.exists).toBeGreaterThan(0);
    expect(tokens()).toBe(2);
    expect(await hasImage(session, repository, sample.image.digest)).toBe(true);
  });

  it("gives up when every token has ended at once", async () => {
    const failure = await failureOf(() => push({ onProgress: () => aws.expireRegistryTokens() }));
    expect(failure).toMatchObject({ code: "BENTO_PLATFORM", where: session.callerArn });
    expect(tokens()).toBe(4);
  });

  it("takes attachments along, and lives without those that the repository does not take", async () => {
    const directory = join(home.path, `attested-${count}`);
    const attested = await sampleImage(directory);
    const store = layoutAttachments(attested.layout);
    const document = (text: string) => ({
      artifactType: "application/vnd.cyclonedx+json",
      content: Buffer.from(text),
    });
    await attach(store, attested.image, [document("{}")]);
    const notices: string[] = [];
    const options = {
      layoutDirectory: directory,
      onProgress: (event: { kind: string; message?: string }) => {
        notices.push(...(event.kind === "notice" ? [event.message ?? ""] : []));
      },
    };
    expect((await push(options)).attachments).toBe(1);
    expect(notices).toEqual([]);
    await attach(store, attested.image, [document("[]")]);
    aws.fail({
      service: "ecr",
      action: "PutImage",
      status: 405,
      code: "UNSUPPORTED",
      message: "no documents here",
    });
    expect((await push(options)).attachments).toBe(0);
    expect(notices).toEqual([
      expect.stringMatching(/^not all documents about the image went along: .*no documents here/),
    ]);
    expect((await push(options)).attachments).toBe(2);
  });

  it.each([
    ["ecr:InitiateLayerUpload", ["ecr:BatchGetImage", "ecr:BatchCheckLayerAvailability"]],
    ["ecr:BatchCheckLayerAvailability", ["ecr:BatchGetImage"]],
    ["ecr:BatchGetImage", []],
  ])("names the permission that is missing, %s", async (missing, granted) => {
    const Action = ["ecr:GetAuthorizationToken", ...granted];
    const Statement = [{ Effect: "Allow", Action, Resource: "*" }];
    stubAwsEnvironment(aws.withPolicy({ Version: "2012-10-17", Statement }));
    session = await testSession();
    const failure = await failureOf(push);
    expect(failure).toEqual({
      code: "BENTO_PLATFORM",
      message: `not allowed: ${missing} on arn:aws:ecr:eu-west-1:123456789012:repository/${repository}`,
      where: session.callerArn,
      hint: "let an administrator allow it; bento deployment policy iris --platform aws-lambda prints all that is needed",
    });
  });

  it("advises no login at the registry, which AWS has not", async () => {
    aws.fail({
      service: "ecr",
      action: "PutImage",
      status: 403,
      code: "ExpiredTokenException",
      message: "The security token included in the request is expired",
    });
    const failure = await failureOf(push);
    aws.clearFaults();
    expect(failure).toMatchObject({
      message: expect.stringContaining("ExpiredTokenException"),
      hint: "renew the credentials for AWS and run the same command; bento deployment policy iris --platform aws-lambda prints the rights that it needs",
    });
  });

  it("fails when there is no repository, and when the layout lacks the image", async () => {
    expect(await failureOf(() => push({ repository: "bento/none" }))).toMatchObject({
      code: "BENTO_NOT_FOUND",
    });
    const digest = `sha256:${"0".repeat(64)}` as const;
    expect(await failureOf(() => push({ digest }))).toEqual({
      code: "BENTO_NOT_FOUND",
      message: `no image ${digest}`,
      where: sample.layout.directory,
      hint: "make it again with bento containerize",
    });
  });

  it("stops when it is told to", async () => {
    const stop = new AbortController();
    const pushing = push({ signal: stop.signal, onProgress: () => stop.abort() });
    const reason = await pushing.catch((error: unknown) => error);
    expect(reason).toBe(stop.signal.reason);
  });

  it("finds the repository as it was made", async () => {
    expect(await readRepository(session, repository)).toEqual({
      arn: `arn:aws:ecr:eu-west-1:123456789012:repository/${repository}`,
      name: repository,
      uri: `123456789012.dkr.ecr.eu-west-1.amazonaws.com/${repository}`,
      registryHost: "123456789012.dkr.ecr.eu-west-1.amazonaws.com",
      isImmutable: true,
      isScannedOnPush: false,
      tags: { "bento:name": "iris" },
    });
  });
});
