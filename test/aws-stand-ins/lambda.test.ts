import {
  CreateAliasCommand,
  CreateFunctionCommand,
  DeleteFunctionCommand,
  GetAliasCommand,
  GetFunctionCommand,
  GetFunctionConfigurationCommand,
  InvokeCommand,
  LambdaClient,
  ListTagsCommand,
  PublishVersionCommand,
  paginateListVersionsByFunction,
  TagResourceCommand,
  UntagResourceCommand,
  UpdateAliasCommand,
  UpdateFunctionCodeCommand,
  UpdateFunctionConfigurationCommand,
  waitUntilFunctionActiveV2,
  waitUntilFunctionUpdatedV2,
} from "@aws-sdk/client-lambda";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  clientOptions,
  makeRepository,
  type PushedSample,
  pushSample,
} from "../support/aws/push-sample.ts";
import { type LoopbackAws, startAws } from "../support/aws/start-aws.ts";
import { skipWithout } from "../support/tools.ts";

const ROLE = "arn:aws:iam::123456789012:role/iris";

function waiter(client: LambdaClient) {
  return { client, maxWaitTime: 5, minDelay: 0.001, maxDelay: 0.001 };
}

describe.skipIf(skipWithout("moto_server", "docker-registry"))("Lambda of the stand-ins", () => {
  let aws: LoopbackAws;
  let lambda: LambdaClient;
  let images: PushedSample[];
  beforeAll(async () => {
    aws = await startAws({
      invoke(event, { version, digest, log }) {
        log("at work");
        if (event === "fail") {
          throw new TypeError("no");
        }
        return { event, version, digest };
      },
    });
    lambda = new LambdaClient({ ...clientOptions(aws), maxAttempts: 1 });
    await makeRepository(aws, "bento/iris");
    images = [];
    for (const text of ["one", "two"]) {
      images.push(await pushSample(aws, text, { repository: "bento/iris", tag: text }));
    }
  });
  afterAll(() => aws[Symbol.asyncDispose]());

  async function makeFunction(FunctionName: string, image = images[0]): Promise<void> {
    const command = new CreateFunctionCommand({
      FunctionName,
      Role: ROLE,
      PackageType: "Image",
      Code: { ImageUri: image?.uri },
      MemorySize: 512,
    });
    await lambda.send(command);
    await waitUntilFunctionActiveV2(waiter(lambda), { FunctionName });
  }

  async function publish(FunctionName: string, image: PushedSample | undefined): Promise<string> {
    const wanted = { FunctionName, ImageUri: image?.uri };
    await lambda.send(new UpdateFunctionCodeCommand(wanted));
    await waitUntilFunctionUpdatedV2(waiter(lambda), { FunctionName });
    const { Version } = await lambda.send(new PublishVersionCommand({ FunctionName }));
    return Version ?? "";
  }

  it("makes a function from an image by its digest, pending at first", async () => {
    const command = new CreateFunctionCommand({
      FunctionName: "pending",
      Role: ROLE,
      PackageType: "Image",
      Code: { ImageUri: images[0]?.uri },
    });
    expect(await lambda.send(command)).toMatchObject({
      FunctionArn: "arn:aws:lambda:eu-west-1:123456789012:function:pending",
      State: "Pending",
      CodeSha256: images[0]?.digest.slice("sha256:".length),
      Version: "$LATEST",
    });
    const busy = new UpdateFunctionConfigurationCommand({ FunctionName: "pending", Timeout: 9 });
    await expect(lambda.send(busy)).rejects.toMatchObject({ name: "ResourceConflictException" });
    const poll = new GetFunctionCommand({ FunctionName: "pending" });
    const states = [await lambda.send(poll), await lambda.send(poll)];
    expect(states.map(({ Configuration }) => Configuration?.State)).toEqual(["Pending", "Active"]);
    expect(states[1]?.Code).toEqual({
      RepositoryType: "ECR",
      ImageUri: images[0]?.uri,
      ResolvedImageUri: images[0]?.uri,
    });
  });

  it("refuses an image that is not in ECR, or in another region", async () => {
    await makeFunction("picky");
    const refusals = [
      images[0]?.uri.replace("bento/iris", "bento/other"),
      images[0]?.uri.replace("eu-west-1", "us-east-1"),
    ].map(async (ImageUri) =>
      lambda
        .send(new UpdateFunctionCodeCommand({ FunctionName: "picky", ImageUri }))
        .catch((error: Error) => [error.name, error.message.replace(/sha256:\w+/, "DIGEST")]),
    );
    expect(await Promise.all(refusals)).toMatchInlineSnapshot(`
      [
        [
          "InvalidParameterValueException",
          "Source image 123456789012.dkr.ecr.eu-west-1.amazonaws.com/bento/other@DIGEST does not exist. Provide a valid source image.",
        ],
        [
          "InvalidParameterValueException",
          "Source image 123456789012.dkr.ecr.us-east-1.amazonaws.com/bento/iris@DIGEST is not in the same region as the function. The image must be in eu-west-1.",
        ],
      ]
    `);
  });

  it("publishes a version for what changed, and none for what did not", async () => {
    await makeFunction("published");
    const first = new PublishVersionCommand({ FunctionName: "published", Description: "iris:v1" });
    const again = new PublishVersionCommand({ FunctionName: "published", Description: "other" });
    const versions = [await lambda.send(first), await lambda.send(again)];
    expect(versions.map(({ Version, Description }) => [Version, Description])).toEqual([
      ["1", "iris:v1"],
      ["1", "iris:v1"],
    ]);
    expect(await publish("published", images[1])).toBe("2");
  });

  it("knows what a caller saw by revisions, which change when an update is through", async () => {
    await makeFunction("revised");
    const update = new UpdateFunctionCodeCommand({
      FunctionName: "revised",
      ImageUri: images[1]?.uri,
    });
    const { RevisionId: before } = await lambda.send(update);
    await waitUntilFunctionUpdatedV2(waiter(lambda), { FunctionName: "revised" });
    const stale = new PublishVersionCommand({ FunctionName: "revised", RevisionId: before });
    await expect(lambda.send(stale)).rejects.toMatchObject({
      name: "PreconditionFailedException",
      $metadata: { httpStatusCode: 412 },
    });
    const { RevisionId } = await lambda.send(
      new GetFunctionConfigurationCommand({ FunctionName: "revised" }),
    );
    const fresh = new PublishVersionCommand({ FunctionName: "revised", RevisionId });
    expect(await lambda.send(fresh)).toMatchObject({ Version: "1" });
  });

  it("splits an alias's traffic by weights, and keeps versions that an alias names", async () => {
    const FunctionName = "split";
    await makeFunction(FunctionName);
    await lambda.send(new PublishVersionCommand({ FunctionName }));
    await publish(FunctionName, images[1]);
    const make = new CreateAliasCommand({ FunctionName, Name: "live", FunctionVersion: "1" });
    const { RevisionId } = await lambda.send(make);
    const weights = { AdditionalVersionWeights: { 2: 0.1 } };
    const shift = { FunctionName, Name: "live", RoutingConfig: weights };
    await lambda.send(new UpdateAliasCommand({ ...shift, RevisionId }));
    await expect(
      lambda.send(new UpdateAliasCommand({ ...shift, RevisionId })),
    ).rejects.toMatchObject({
      name: "PreconditionFailedException",
    });
    const alias = await lambda.send(new GetAliasCommand({ FunctionName, Name: "live" }));
    expect(alias).toMatchObject({ FunctionVersion: "1", RoutingConfig: weights });
    const remove = new DeleteFunctionCommand({ FunctionName, Qualifier: "2" });
    await expect(lambda.send(remove)).rejects.toMatchObject({
      name: "ResourceConflictException",
      message: "Unable to delete version because the following aliases reference it: [live]",
    });
    const all = { AdditionalVersionWeights: {} };
    await lambda.send(
      new UpdateAliasCommand({ ...shift, FunctionVersion: "2", RoutingConfig: all }),
    );
    const moved = await lambda.send(new GetAliasCommand({ FunctionName, Name: "live" }));
    expect([moved.FunctionVersion, moved.RoutingConfig]).toEqual(["2", undefined]);
  });

  it("lists versions in pages of fifty", async () => {
    const FunctionName = "old";
    await makeFunction(FunctionName);
    for (let index = 0; index < 60; index += 1) {
      await publish(FunctionName, images[index % 2]);
    }
    const pages = [];
    for await (const page of paginateListVersionsByFunction({ client: lambda }, { FunctionName })) {
      pages.push(page.Versions?.length);
    }
    expect(pages).toEqual([50, 11]);
  });

  it("keeps tags, read by the function's ARN", async () => {
    await makeFunction("tagged");
    const Resource = "arn:aws:lambda:eu-west-1:123456789012:function:tagged";
    const Tags = { "bento:name": "iris", other: "a b" };
    await lambda.send(new TagResourceCommand({ Resource, Tags }));
    await lambda.send(new UntagResourceCommand({ Resource, TagKeys: ["other", "none"] }));
    const { Tags: tags } = await lambda.send(new ListTagsCommand({ Resource }));
    expect(tags).toEqual({ "bento:name": "iris" });
  });

  it("invokes by version and by alias, with the log's end, and tells errors of the function", async () => {
    const FunctionName = "invoked";
    await makeFunction(FunctionName);
    await lambda.send(new PublishVersionCommand({ FunctionName }));
    await lambda.send(new CreateAliasCommand({ FunctionName, Name: "live", FunctionVersion: "1" }));
    const invoke = async (event: unknown, Qualifier: string) => {
      const command = new InvokeCommand({
        FunctionName,
        Qualifier,
        Payload: JSON.stringify(event),
        LogType: "Tail",
      });
      const { Payload, FunctionError, ExecutedVersion, LogResult } = await lambda.send(command);
      return {
        answer: JSON.parse(Payload?.transformToString() ?? ""),
        FunctionError,
        ExecutedVersion,
        log: Buffer.from(LogResult ?? "", "base64")
          .toString("utf8")
          .includes("at work"),
      };
    };
    expect(await invoke({ x: 1 }, "live")).toEqual({
      answer: { event: { x: 1 }, version: "1", digest: images[0]?.digest },
      FunctionError: undefined,
      ExecutedVersion: "1",
      log: true,
    });
    expect(await invoke("fail", "1")).toMatchObject({
      answer: { errorMessage: "no", errorType: "TypeError" },
      FunctionError: "Unhandled",
    });
    await expect(invoke({}, "none")).rejects.toMatchObject({ name: "ResourceNotFoundException" });
  });
});
