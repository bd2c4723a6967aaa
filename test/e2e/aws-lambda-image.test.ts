/**
 * The iris fixture from its project to answers of its own image on Lambda's contract: made, pushed, deployed, and run with
 * a read-only root, another user and nothing writable but /tmp.
 */

import { fileURLToPath } from "node:url";
import { InvokeCommand, LambdaClient } from "@aws-sdk/client-lambda";
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { clientOptions } from "../support/aws/push-sample.ts";
import { type LoopbackAws, startAws } from "../support/aws/start-aws.ts";
import { type TestCli, testCli } from "../support/cli.ts";
import { skipWithout } from "../support/tools.ts";

const FIXTURES = fileURLToPath(new URL("../../fixtures/", import.meta.url));
const TOOLS = ["apt-get", "dpkg-deb", "docker-registry", "bwrap", "moto_server"];
const UNREACHABLE = 5;
const FLOWER = { sepal_length: 6.3, sepal_width: 3.3, petal_length: 6, petal_width: 2.5 };

describe.skipIf(skipWithout(...TOOLS))("the image of iris on Lambda", { timeout: 120_000 }, () => {
  let cli: TestCli;
  let aws: LoopbackAws;
  let isOffline = false;

  beforeAll(async () => {
    cli = await testCli();
    aws = await startAws();
    for (const [name, value] of Object.entries(aws.environment)) {
      vi.stubEnv(name, value);
    }
    const base = await cli.bento("base build --output oci:base");
    isOffline = base.exitCode === UNREACHABLE && process.env["BENTO_TEST_NO_SKIP"] !== "1";
    if (!isOffline) {
      await cli.must(
        `models import ${FIXTURES}models/iris_random_forest/model.onnx --name iris_classifier`,
      );
      await cli.must(`build ${FIXTURES}iris`);
    }
  }, 180_000);

  beforeEach(({ skip }) => skip(isOffline, "no package mirror answers"));

  afterAll(async () => {
    vi.unstubAllEnvs();
    await aws?.[Symbol.asyncDispose]();
    await cli?.[Symbol.asyncDispose]();
  });

  async function invoke(event: unknown): Promise<unknown> {
    const answer = await new LambdaClient(clientOptions(aws)).send(
      new InvokeCommand({
        FunctionName: "iris-classifier",
        Qualifier: "live",
        Payload: Buffer.from(JSON.stringify(event)),
      }),
    );
    expect(answer.FunctionError).toBeUndefined();
    return JSON.parse(Buffer.from(answer.Payload ?? []).toString("utf8"));
  }

  it("is deployed once its golden requests are answered, by the image itself", async () => {
    const ran = await cli.bento(
      "deploy iris_classifier --platform aws-lambda --base oci:base --yes --json",
    );
    expect(ran.err).not.toContain("error");
    expect(JSON.parse(ran.out)).toMatchObject({
      outcome: "succeeded",
      verified: true,
      goldenRequests: 7,
      details: { version: "1", traffic: { "1": 100 } },
    });
  });

  it("answers direct calls, HTTP events and queues", async () => {
    expect(await invoke({ api: "classify", body: { features: [FLOWER] } })).toEqual(["virginica"]);
    expect(
      await invoke({
        version: "2.0",
        rawPath: "/classify",
        rawQueryString: "",
        headers: { "content-type": "application/json", "x-request-id": "mine" },
        requestContext: { http: { method: "POST", path: "/classify" }, stage: "$default" },
        body: JSON.stringify({ features: [FLOWER] }),
        isBase64Encoded: false,
      }),
    ).toMatchObject({
      statusCode: 200,
      headers: expect.objectContaining({ "x-request-id": "mine" }),
      body: '["virginica"]',
    });
    const message = (messageId: string, body: unknown) => ({
      messageId,
      eventSource: "aws:sqs",
      body: JSON.stringify(body),
      messageAttributes: { api: { stringValue: "classify", dataType: "String" } },
    });
    expect(
      await invoke({
        Records: [message("good", { features: [FLOWER] }), message("bad", { features: [{}] })],
      }),
    ).toEqual({ batchItemFailures: [{ itemIdentifier: "bad" }] });
  });

  it("logs where the deployment's log is read", async () => {
    const out = await cli.raw("deployment logs iris_classifier --platform aws-lambda");
    const lines = out.split("\n").filter((line) => line.startsWith("{"));
    const messages = lines.map((line) => JSON.parse(line)["msg"]);
    expect(messages).toEqual(expect.arrayContaining(["polling", "started", "request"]));
  });
});
