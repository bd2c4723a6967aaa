import fc from "fast-check";
import { describe, expect, it } from "vitest";
import * as z from "zod";
import { service } from "../../../core/index.ts";
import type { Service } from "../../../core/service.ts";
import {
  type LambdaLoop,
  type RunLambdaOptions,
  runLambda,
} from "../../../handler/lambda/run-lambda.ts";
import { type RecordedLog, recordLog } from "../../support/record-log.ts";
import { type RuntimeApiServer, runtimeApiServer } from "../../support/runtime-api-server.ts";
import { serviceThat } from "../sample-services.ts";
import { eventFixture } from "./event-fixture.ts";

const ZEROS = `sha256:${"0".repeat(64)}` as const;

interface Stand extends AsyncDisposable {
  readonly api: RuntimeApiServer;
  readonly loop: LambdaLoop;
  readonly log: RecordedLog;
  readonly metrics: string[];
}

async function stand(
  served: Service,
  environment: Record<string, string> = {},
  options: Partial<Pick<RunLambdaOptions, "setTraceId">> = {},
): Promise<Stand> {
  const api = await runtimeApiServer();
  const log = recordLog();
  const metrics: string[] = [];
  const loop = await startLoop(served, { api, log, metrics, environment, ...options });
  return {
    api,
    loop,
    log,
    metrics,
    async [Symbol.asyncDispose]() {
      await loop.close();
      await api[Symbol.asyncDispose]();
    },
  };
}

function startLoop(
  served: Service,
  parts: Pick<Stand, "api" | "log" | "metrics"> &
    Partial<Pick<RunLambdaOptions, "setTraceId">> & { environment: Record<string, string> },
): Promise<LambdaLoop> {
  return runLambda({
    exports: { default: served },
    runtime: { name: "one", version: "v1", digest: ZEROS, models: {} },
    environment: { AWS_LAMBDA_RUNTIME_API: parts.api.host, ...parts.environment },
    log: parts.log,
    writeMetrics: (line) => void parts.metrics.push(line),
    now: () => 1_000_000,
    drainTimeoutMs: 1000,
    ...(parts.setTraceId === undefined ? {} : { setTraceId: parts.setTraceId }),
  });
}

/** Says when a call has begun, and answers when told. */
function gatedService() {
  const begun = Promise.withResolvers<void>();
  const told = Promise.withResolvers<string>();
  const served = serviceThat(() => {
    begun.resolve();
    return told.promise;
  });
  return { served, begun: begun.promise, tell: told.resolve };
}

describe("runLambda", () => {
  it("asks for one invocation after the other, and answers each", async () => {
    await using running = await stand(serviceThat(() => "went"));
    for (let round = 0; round < 3; round += 1) {
      await running.api.whenIdle(1);
      expect(running.api.idlePolls).toBe(1);
      expect(await running.api.invoke({})).toEqual({ kind: "answer", body: '"went"' });
    }
  });

  it("is refused a second invocation at once: one is all that it asked for", async () => {
    const { served, begun, tell } = gatedService();
    await using running = await stand(served);
    await running.api.whenIdle(1);
    const first = running.api.invoke({});
    await begun;
    expect(await running.api.invoke({})).toEqual({ kind: "refused" });
    tell("done");
    expect(await first).toEqual({ kind: "answer", body: '"done"' });
  });

  it("matches every answer to its request at a concurrency of 32, in shared batches", async () => {
    const sizes: number[] = [];
    const doubling = service({
      name: "doubling",
      apis: ({ batch }) => ({
        double: batch({
          parameter: "xs",
          row: z.number(),
          result: z.number(),
          async run(rows) {
            sizes.push(rows.length);
            await new Promise((resolve) => setImmediate(resolve));
            return rows.map((row) => row * 2);
          },
        }),
      }),
    });
    await using running = await stand(doubling, { AWS_LAMBDA_MAX_CONCURRENCY: "32" });
    await running.api.whenIdle(32);
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(fc.integer(), { minLength: 1, maxLength: 5 }), {
          minLength: 1,
          maxLength: 32,
        }),
        async (requests) => {
          await running.api.whenIdle(32);
          const answers = requests.map((xs) => running.api.invoke({ api: "double", body: { xs } }));
          expect(await Promise.all(answers)).toEqual(
            requests.map((xs) => ({
              kind: "answer",
              body: JSON.stringify(xs.map((x) => x * 2)),
            })),
          );
        },
      ),
      { numRuns: 50 },
    );
    expect(Math.max(...sizes)).toBeGreaterThan(5);
  });

  it("answers the messages of a queue, an item each, in one batch", async () => {
    const sizes: number[] = [];
    const doubling = service({
      name: "doubling",
      apis: ({ batch }) => ({
        double: batch({
          per: "item",
          parameter: "x",
          row: z.number(),
          result: z.number(),
          run(rows) {
            sizes.push(rows.length);
            return rows.map((row) => row * 2);
          },
        }),
      }),
    });
    await using running = await stand(doubling);
    await running.api.whenIdle(1);
    const Records = Array.from({ length: 10 }, (_, x) => ({
      messageId: `message-${x}`,
      eventSource: "aws:sqs",
      body: JSON.stringify({ x: x === 3 ? "three" : x }),
    }));
    expect(await running.api.invoke({ Records })).toEqual({
      kind: "answer",
      body: JSON.stringify({ batchItemFailures: [{ itemIdentifier: "message-3" }] }),
    });
    expect(sizes).toEqual([9]);
  });

  it("streams HTTP answers where the function is called so", async () => {
    await using running = await stand(
      serviceThat(() => "went"),
      { BENTO_LAMBDA_STREAM: "1" },
    );
    await running.api.whenIdle(1);
    const event = { ...(await eventFixture("function-url")), rawPath: "/go", body: "{}" };
    const invoked = await running.api.invoke(event);
    expect(invoked).toMatchObject({ kind: "stream", trailers: {} });
    const [prelude = "", body] =
      invoked.kind === "stream" ? invoked.body.toString("utf8").split("\0".repeat(8)) : [];
    expect(JSON.parse(prelude)).toMatchObject({
      statusCode: 200,
      headers: { "content-type": "application/json", "x-request-id": "invocation-1" },
    });
    expect(body).toBe('"went"');
  });

  it("tells Lambda why it cannot start", async () => {
    await using api = await runtimeApiServer();
    const parts = { api, log: recordLog(), metrics: [], environment: {} };
    const needy = service({
      name: "needy",
      env: ["GREETING"],
      apis: ({ api }) => ({ go: api({ input: {}, output: z.any(), run: () => 1 }) }),
    });
    expect(await startLoop(needy, parts).catch((error: unknown) => error)).toMatchObject({
      code: "BENTO_INVALID_INPUT",
    });
    expect(api.initErrors).toEqual([
      {
        errorType: "BENTO_INVALID_INPUT",
        errorMessage: expect.stringMatching(
          /^error: environment variable GREETING is not set\n {2}at: .*\n {2}do: /,
        ),
        stackTrace: [],
      },
    ]);
  });

  it.each(["0", "many", "1.5"])("refuses a concurrency of %j", async (text) => {
    await using api = await runtimeApiServer();
    const environment = { AWS_LAMBDA_MAX_CONCURRENCY: text };
    const parts = { api, log: recordLog(), metrics: [], environment };
    expect(
      await startLoop(
        serviceThat(() => 1),
        parts,
      ).catch((error: unknown) => error),
    ).toMatchObject({
      code: "BENTO_INVALID_INPUT",
      where: "AWS_LAMBDA_MAX_CONCURRENCY",
    });
    expect(api.initErrors).toHaveLength(1);
  });

  it("waits for invocations at work no longer than BENTO_DRAIN_SECONDS", async () => {
    await using api = await runtimeApiServer();
    const { served, begun } = gatedService();
    const running = await runLambda({
      exports: { default: served },
      runtime: { name: "one", version: "v1", digest: ZEROS, models: {} },
      environment: { AWS_LAMBDA_RUNTIME_API: api.host, BENTO_DRAIN_SECONDS: "0" },
      log: recordLog(),
      writeMetrics: () => {},
    });
    await api.whenIdle(1);
    const unanswered = api.invoke({});
    await begun;
    await running.close();
    expect(await Promise.race([unanswered, Promise.resolve("nothing")])).toBe("nothing");
  });

  it("waits to be restored from a snapshot only where it is asked to", async () => {
    await using api = await runtimeApiServer();
    const environment = { AWS_LAMBDA_INITIALIZATION_TYPE: "snap-start", BENTO_SNAPSTART: "1" };
    const parts = { api, log: recordLog(), metrics: [], environment };
    const starting = startLoop(
      serviceThat(() => "restored"),
      parts,
    );
    await api.whenWaiting();
    expect(api.idlePolls).toBe(0);
    api.restore();
    const loop = await starting;
    await api.whenIdle(1);
    expect(await api.invoke({})).toEqual({ kind: "answer", body: '"restored"' });
    await loop.close();
    await using plain = await stand(
      serviceThat(() => 1),
      { AWS_LAMBDA_INITIALIZATION_TYPE: "snap-start" },
    );
    await plain.api.whenIdle(1);
    expect(plain.api.restores).toBe(0);
  });

  it("runs the service's hooks around the snapshot, and says what fails in them", async () => {
    await using api = await runtimeApiServer();
    const told: string[] = [];
    const snapshotted = service({
      name: "one",
      onStart: () => void told.push("start"),
      onSnapshot: () => void told.push("snapshot"),
      onRestore: () => {
        throw new Error("no key");
      },
      onStop: () => void told.push("stop"),
      apis: ({ api: define }) => ({ go: define({ input: {}, output: z.any(), run: () => 1 }) }),
    });
    const environment = { AWS_LAMBDA_INITIALIZATION_TYPE: "snap-start", BENTO_SNAPSTART: "1" };
    const starting = startLoop(snapshotted, { api, log: recordLog(), metrics: [], environment });
    await api.whenWaiting();
    expect(told).toEqual(["start", "snapshot"]);
    api.restore();
    await expect(starting).rejects.toThrow("no key");
    expect(told).toEqual(["start", "snapshot", "stop"]);
    expect(api.initErrors).toEqual([]);
    expect(api.restoreErrors).toMatchObject([
      { errorType: "Runtime.InitError", errorMessage: expect.stringContaining("no key") },
    ]);
  });

  it.each([
    ["1", ["Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700"]],
    ["2", []],
  ])(
    "tells the trace of an invocation at a concurrency of %s only where it stands alone",
    async (AWS_LAMBDA_MAX_CONCURRENCY, expected) => {
      const traces: unknown[] = [];
      const served = serviceThat(() => "went");
      await using running = await stand(
        served,
        { AWS_LAMBDA_MAX_CONCURRENCY },
        {
          setTraceId: (traceId) => void traces.push(traceId),
        },
      );
      await running.api.whenIdle(1);
      await running.api.invoke({});
      expect(traces).toEqual(expected);
    },
  );

  it("asks again when the connection of a poll is lost", async () => {
    await using running = await stand(
      serviceThat(() => "went"),
      { AWS_LAMBDA_MAX_CONCURRENCY: "4" },
    );
    await running.api.whenIdle(4);
    running.api.dropPolls();
    await running.api.whenIdle(4);
    expect(await running.api.invoke({})).toEqual({ kind: "answer", body: '"went"' });
  });

  it.each(["status", "cut"] as const)("sends an answer again when it is lost (%s)", async (how) => {
    await using running = await stand(serviceThat(() => "went"));
    await running.api.whenIdle(1);
    running.api.failAnswers(2, how);
    expect(await running.api.invoke({})).toEqual({ kind: "answer", body: '"went"' });
  });

  it("goes on after an answer that cannot be delivered", async () => {
    await using running = await stand(serviceThat(() => "went"));
    await running.api.whenIdle(1);
    running.api.failAnswers(5, "status");
    void running.api.invoke({});
    await running.api.whenIdle(1);
    expect(running.log.lines.map(({ message }) => message)).toContain("answer not delivered");
    expect(await running.api.invoke({})).toEqual({ kind: "answer", body: '"went"' });
  });

  it("answers what is at work when it is closed, and asks for no more", async () => {
    const { served, begun, tell } = gatedService();
    await using running = await stand(served, { AWS_LAMBDA_MAX_CONCURRENCY: "2" });
    await running.api.whenIdle(2);
    const invoked = running.api.invoke({});
    await begun;
    const closing = running.loop.close();
    tell("done");
    expect(await invoked).toEqual({ kind: "answer", body: '"done"' });
    await closing;
    expect(running.api.idlePolls).toBe(0);
    expect(running.log.lines.map(({ message }) => message)).toEqual(
      expect.arrayContaining(["draining", "stopped"]),
    );
  });

  it("writes one line of metrics for an invocation", async () => {
    await using running = await stand(serviceThat(() => "went"));
    await running.api.whenIdle(1);
    await running.api.invoke({});
    await running.api.whenIdle(1);
    expect(running.metrics).toHaveLength(1);
    expect(JSON.parse(running.metrics[0] ?? "")).toMatchObject({
      service_name: "one",
      endpoint: "/go",
      http_response_code: "200",
      bentoml_request_total: 1,
    });
  });
});
