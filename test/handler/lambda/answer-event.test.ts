import { describe, expect, it } from "vitest";
import * as z from "zod";
import { ApiError, service } from "../../../core/index.ts";
import { fail, iris, serviceThat } from "../sample-services.ts";
import { eventFixture, eventStand } from "./event-fixture.ts";

const AREA = '{"flower":{"petal_length":1,"petal_width":2}}';
const HEADERS = {
  "content-type": "application/json",
  "x-request-id": "lambda-1",
  "x-bento": "test:v1",
  "x-bento-models": "iris=iris:v2",
};

const bodyOf = (answer: Awaited<ReturnType<ReturnType<typeof eventStand>["answer"]>>) =>
  answer.kind === "answer" ? JSON.parse(answer.body) : answer;

describe("answerEvents", () => {
  it("answers a function URL", async () => {
    const { answer, seen } = eventStand(iris);
    expect(bodyOf(await answer(await eventFixture("function-url")))).toEqual({
      statusCode: 200,
      headers: HEADERS,
      body: "2",
      isBase64Encoded: false,
    });
    expect(seen).toEqual([
      {
        method: "POST",
        url: "http://abc.lambda-url.eu-west-1.on.aws/area?parameter1=value1&parameter1=value2",
        headers: {
          "content-type": "application/json",
          cookie: "cookie1; cookie2",
          host: "abc.lambda-url.eu-west-1.on.aws",
          "x-amzn-tls-version": "TLSv1.2",
          "x-amzn-trace-id": "Root=1-5bef4de7",
          "x-request-id": "lambda-1",
        },
        body: Buffer.from(AREA),
        timeLeftMs: 59_900,
      },
    ]);
  });

  it("answers API Gateway in payload 2.0: base64, a stage before the path, the caller's own request id", async () => {
    const { answer, seen } = eventStand(iris);
    expect(bodyOf(await answer(await eventFixture("api-gateway-v2")))).toEqual({
      statusCode: 200,
      headers: { ...HEADERS, "x-request-id": "callers-own" },
      body: "2",
      isBase64Encoded: false,
    });
    expect(seen[0]).toMatchObject({
      url: "http://id.execute-api.eu-west-1.amazonaws.com/area",
      body: Buffer.from(AREA),
    });
  });

  it("answers API Gateway in payload 1.0", async () => {
    const { answer, seen } = eventStand(iris);
    expect(bodyOf(await answer(await eventFixture("api-gateway-v1")))).toEqual({
      statusCode: 200,
      headers: HEADERS,
      body: "2",
      isBase64Encoded: false,
    });
    expect(seen[0]).toMatchObject({
      method: "POST",
      url: "http://id.execute-api.eu-west-1.amazonaws.com/area?name=a%20b&name=c%26d",
      headers: { accept: "text/html, application/json" },
    });
  });

  it("answers a load balancer", async () => {
    const { answer, seen } = eventStand(iris);
    expect(bodyOf(await answer(await eventFixture("alb")))).toEqual({
      statusCode: 200,
      statusDescription: "200 OK",
      headers: HEADERS,
      body: "2",
      isBase64Encoded: false,
    });
    expect(seen[0]).toMatchObject({
      url: "http://lambda-846800462.us-east-2.elb.amazonaws.com/area?query=a%20b",
      headers: { "x-amzn-trace-id": "Root=1-5bdb40ca-556d8b0c50dc66f0511bf520" },
    });
  });

  it("answers a load balancer with lists of header values", async () => {
    const { answer } = eventStand(iris);
    expect(bodyOf(await answer(await eventFixture("alb-multi-value")))).toEqual({
      statusCode: 200,
      statusDescription: "200 OK",
      multiValueHeaders: Object.fromEntries(
        Object.entries(HEADERS).map(([name, value]) => [name, [value]]),
      ),
      body: '{"status":"ready"}',
      isBase64Encoded: false,
    });
  });

  it.each([
    [{ api: "area", body: JSON.parse(AREA) }, "2"],
    [
      { api: "classify", body: { features: [{ petal_length: 1, petal_width: 2 }] } },
      '["virginica"]',
    ],
  ])("answers the direct call %j with the bare value", async (event, body) => {
    expect(await eventStand(iris).answer(event)).toEqual({ kind: "answer", body });
  });

  it("takes any event for the body where the service has one api", async () => {
    const { answer } = eventStand(serviceThat(() => "went"));
    expect(await answer({})).toEqual({ kind: "answer", body: '"went"' });
    expect(await answer({ api: "go" })).toEqual({ kind: "answer", body: '"went"' });
  });

  it("sends bytes in base64", async () => {
    const png = new Uint8Array([137, 80, 78, 71]);
    const { answer } = eventStand(iris, {
      ask: async () => new Response(png, { headers: { "content-type": "image/png" } }),
    });
    expect(bodyOf(await answer(await eventFixture("function-url")))).toEqual({
      statusCode: 200,
      headers: { "content-type": "image/png" },
      body: "iVBORw==",
      isBase64Encoded: true,
    });
  });

  it.each([
    ["function-url", { cookies: ["a=1", "b=2"] }],
    ["api-gateway-v1", { multiValueHeaders: { "set-cookie": ["a=1", "b=2"] } }],
    ["alb", { headers: { "content-type": "text/plain", "set-cookie": "b=2" } }],
    [
      "alb-multi-value",
      { multiValueHeaders: { "content-type": ["text/plain"], "set-cookie": ["a=1", "b=2"] } },
    ],
  ])("sends cookies to %s", async (name, part) => {
    const headers = new Headers({ "content-type": "text/plain" });
    headers.append("set-cookie", "a=1");
    headers.append("set-cookie", "b=2");
    const { answer } = eventStand(iris, { ask: async () => new Response("hi", { headers }) });
    expect(bodyOf(await answer(await eventFixture(name)))).toMatchObject({ ...part, body: "hi" });
  });

  it("hands over HTTP answers in pieces where the function is called so", async () => {
    const { answer } = eventStand(iris, { isStreaming: true });
    expect(await answer(await eventFixture("function-url"))).toMatchObject({ kind: "stream" });
    expect(await answer(await eventFixture("alb"))).toMatchObject({ kind: "answer" });
  });

  it.each<readonly [string, unknown, unknown]>([
    [
      "an event that is no JSON",
      "{",
      { errorType: "Bento.Http400", errorMessage: "the event is not JSON" },
    ],
    [
      "an event of an unknown kind",
      { Records: [{ eventSource: "aws:s3" }] },
      {
        errorType: "Bento.Http400",
        errorMessage: 'the event names no api; send {"api": name, "body": …}',
        detail: { apis: ["classify", "area"] },
      },
    ],
    ["null", null, { errorType: "Bento.Http400" }],
    [
      "an api that is not there",
      { api: "areas", body: {} },
      {
        errorType: "Bento.Http404",
        errorMessage: "nothing is at /areas; did you mean /area?",
      },
    ],
    ["a path for an api", { api: "../metrics" }, { errorType: "Bento.Http404" }],
    [
      "invalid input",
      { api: "classify", body: { features: [] } },
      {
        errorType: "Bento.Http400",
        errorMessage: "invalid input: 1 problem",
        error: "invalid input: 1 problem",
        status: 400,
        detail: [{ path: "features", message: "expected at least 1 row, got 0" }],
      },
    ],
  ])("refuses %s", async (_, event, error) => {
    expect(await eventStand(iris).answer(event)).toMatchObject({ kind: "error", error });
  });

  it("tells nothing of the inside when run throws", async () => {
    const { answer, log } = eventStand(serviceThat(fail(new Error("secret"))));
    expect(await answer({})).toEqual({
      kind: "error",
      error: {
        errorType: "Bento.Http500",
        errorMessage: "internal error",
        error: "internal error",
        status: 500,
      },
    });
    expect(log.lines.map(({ message }) => message)).toContain("request failed");
  });

  it("answers also when the app itself throws", async () => {
    const ask = fail(new Error("secret"));
    const { answer, log } = eventStand(iris, { ask });
    expect(await answer(await eventFixture("function-url"))).toMatchObject({
      kind: "error",
      error: { errorType: "Bento.Http500", errorMessage: "internal error" },
    });
    expect(log.lines.map(({ message }) => message)).toEqual(["invocation failed"]);
  });

  it.each([
    ["a body that is not base64", { body: "%%%", isBase64Encoded: true }, 400],
    ["base64 cut short", { body: "eyJ", isBase64Encoded: true }, 400],
    ["a host with a path in it", { headers: { host: "a/b" } }, 400],
    ["a body in another type", { headers: { "content-type": "text/csv" } }, 415],
    ["a path that is not there", { rawPath: "/nowhere" }, 404],
    ["a path with a question mark in it", { rawPath: "/area?x" }, 404],
    ["an empty body", { body: undefined }, 400],
  ])("answers %s as the HTTP server does", async (_, change, status) => {
    const event = { ...(await eventFixture("function-url")), ...change };
    const answer = bodyOf(await eventStand(iris).answer(event));
    expect(answer).toMatchObject({
      statusCode: status,
      headers: { "content-type": "application/json", "x-request-id": "lambda-1" },
    });
    expect(Object.keys(JSON.parse(answer.body))).toContain("error");
  });

  it("says so when an answer is longer than Lambda passes on", async () => {
    const long = "x".repeat(6_291_556);
    const { answer } = eventStand(serviceThat(() => long));
    const url = { ...(await eventFixture("function-url")), rawPath: "/go", body: "{}" };
    const http = bodyOf(await answer(url));
    expect([http.statusCode, JSON.parse(http.body).detail]).toEqual([413, { maxBytes: 6_291_556 }]);
    expect(await answer({})).toEqual({
      kind: "error",
      error: {
        errorType: "Function.ResponseSizeTooLarge",
        errorMessage:
          "Response payload size exceeded maximum allowed payload size (6291556 bytes).",
      },
    });
  });

  it("aborts the signal of run shortly before Lambda gives up", async () => {
    let reason: unknown;
    const slow = service({
      name: "slow",
      apis: ({ api }) => ({
        go: api({
          input: {},
          output: z.any(),
          run: (_, { signal }) =>
            new Promise((resolve) => {
              signal.addEventListener("abort", () => {
                reason = signal.reason;
                resolve(undefined);
              });
            }),
        }),
      }),
    });
    const answer = await eventStand(slow).answer({}, 1_000_020);
    expect(answer).toMatchObject({
      kind: "error",
      error: { errorType: "Bento.Http504", errorMessage: "no answer within 10 ms" },
    });
    expect(reason).toMatchObject({ status: 504 });
  });

  it("gives what came too late no time", async () => {
    const { answer } = eventStand(serviceThat(() => new Promise(() => {})));
    expect(await answer({}, 999_000)).toMatchObject({ error: { errorType: "Bento.Http504" } });
  });
});

describe("answerEvents for a queue", () => {
  /** Fails rows of no length; counts the rows of its runs. */
  function queueService() {
    const runs: number[] = [];
    const made = service({
      name: "queued",
      apis: ({ batch, api }) => ({
        classify: batch({
          parameter: "features",
          row: z.object({ petal_length: z.number(), petal_width: z.number() }),
          result: z.number(),
          run: (rows) => {
            runs.push(rows.length);
            return rows.map((row) =>
              row.petal_length === 0 ? new ApiError(422, "no length") : row.petal_width,
            );
          },
        }),
        area: api({ input: { x: z.number() }, output: z.number(), run: ({ x }) => x }),
      }),
    });
    return { service: made, runs };
  }
  const record = (messageId: string, body: unknown, more: object = {}) => ({
    messageId,
    body: typeof body === "string" ? body : JSON.stringify(body),
    eventSource: "aws:sqs",
    ...more,
  });
  const rows = (...lengths: number[]) => ({
    features: lengths.map((petal_length) => ({ petal_length, petal_width: 1 })),
  });

  it("runs the rows of all messages as one batch", async () => {
    const { service: queued, runs } = queueService();
    const { answer } = eventStand(queued, { queueApi: "classify" });
    expect(bodyOf(await answer(await eventFixture("sqs")))).toEqual({ batchItemFailures: [] });
    expect(runs).toEqual([3]);
  });

  it("reports the message whose row fails, and no other", async () => {
    const { service: queued } = queueService();
    const { answer } = eventStand(queued, { queueApi: "classify" });
    const Records = [
      record("good", rows(1, 2)),
      record("bad", rows(1, 0)),
      record("broken", "{"),
      record("wrong", { x: 1 }),
      record("empty", rows()),
      record("fine", rows(3)),
    ];
    expect(bodyOf(await answer({ Records }))).toEqual({
      batchItemFailures: ["bad", "broken", "wrong", "empty"].map((itemIdentifier) => ({
        itemIdentifier,
      })),
    });
  });

  it("takes the api from a message's attribute, and reports messages of none", async () => {
    const { service: queued, runs } = queueService();
    const { answer, log } = eventStand(queued);
    const named = (stringValue: string) => ({ messageAttributes: { api: { stringValue } } });
    const Records = [
      record("a", { x: 1 }, named("area")),
      record("b", rows(1), named("classify")),
      record("c", rows(1), named("constructor")),
      record("d", rows(1)),
    ];
    expect(bodyOf(await answer({ Records }))).toEqual({
      batchItemFailures: [{ itemIdentifier: "c" }, { itemIdentifier: "d" }],
    });
    expect(runs).toEqual([1]);
    expect(log.lines.filter(({ message }) => message === "message names no api")).toHaveLength(2);
  });

  it("keeps the order of a group: what follows a failed message comes again", async () => {
    const { service: queued } = queueService();
    const { answer } = eventStand(queued, { queueApi: "classify" });
    const inGroup = (MessageGroupId: string) => ({ attributes: { MessageGroupId } });
    const Records = [
      record("a1", rows(1), inGroup("a")),
      record("a2", rows(0), inGroup("a")),
      record("b1", rows(1), inGroup("b")),
      record("a3", rows(1), inGroup("a")),
    ];
    expect(bodyOf(await answer({ Records }))).toEqual({
      batchItemFailures: [{ itemIdentifier: "a2" }, { itemIdentifier: "a3" }],
    });
  });
});
