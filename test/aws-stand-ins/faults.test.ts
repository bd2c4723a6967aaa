import {
  GetFunctionCommand,
  LambdaClient,
  ListFunctionsCommand,
  TagResourceCommand,
} from "@aws-sdk/client-lambda";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { clientOptions, makeRepository, pushSample } from "../support/aws/push-sample.ts";
import { type LoopbackAws, startAws } from "../support/aws/start-aws.ts";
import { skipWithout } from "../support/tools.ts";

describe.skipIf(skipWithout("moto_server", "docker-registry"))("fail", () => {
  let aws: LoopbackAws;
  let lambda: LambdaClient;
  beforeAll(async () => {
    aws = await startAws({ invoke: () => null });
    lambda = new LambdaClient({ ...clientOptions(aws), maxAttempts: 1 });
  });
  afterEach(() => aws.clearFaults());
  afterAll(() => aws[Symbol.asyncDispose]());

  const list = () =>
    lambda.send(new ListFunctionsCommand({})).then(
      () => "fine",
      (error: Error) => error.name,
    );

  it("fails the call that it names, as often as it says", async () => {
    aws.fail({
      service: "lambda",
      action: "ListFunctions",
      nth: 2,
      times: 2,
      status: 429,
      code: "TooManyRequestsException",
    });
    const seen = [await list(), await list(), await list(), await list()];
    expect(seen).toEqual(["fine", "TooManyRequestsException", "TooManyRequestsException", "fine"]);
  });

  it("plays a token that has expired", async () => {
    aws.fail({ service: "lambda", status: 403, code: "ExpiredTokenException" });
    expect([await list(), await list()]).toEqual(["ExpiredTokenException", "fine"]);
  });

  it("throttles so that a client's own retries get through", async () => {
    aws.fail({ service: "lambda", times: 2, status: 429, code: "TooManyRequestsException" });
    const patient = new LambdaClient({ ...clientOptions(aws), maxAttempts: 4 });
    expect((await patient.send(new ListFunctionsCommand({}))).Functions).toEqual([]);
  });

  it("lets a test kill the client before a call or after it", async () => {
    await makeRepository(aws, "bento/iris");
    const seen: string[] = [];
    aws.fail({ action: "PutImage", when: "after", kill: ({ action }) => void seen.push(action) });
    aws.fail({
      action: "ListFunctions",
      when: "before",
      kill: ({ action }) => void seen.push(action),
    });
    expect(await list()).not.toBe("fine");
    await pushSample(aws, "killed", { repository: "bento/iris", tag: "v1" });
    expect(seen).toEqual(["ListFunctions", "PutImage"]);
  });

  it("tells which calls were made, and which of them write", async () => {
    aws.clearCalls();
    await lambda.send(new GetFunctionCommand({ FunctionName: "none" })).catch(() => {});
    const Resource = "arn:aws:lambda:eu-west-1:123456789012:function:none";
    await lambda.send(new TagResourceCommand({ Resource, Tags: { a: "b" } })).catch(() => {});
    expect(aws.calls).toEqual([
      {
        service: "lambda",
        action: "GetFunction",
        isWrite: false,
        parameters: { FunctionName: "none" },
      },
      {
        service: "lambda",
        action: "TagResource",
        isWrite: true,
        parameters: { Resource, Tags: { a: "b" } },
      },
    ]);
  });
});
