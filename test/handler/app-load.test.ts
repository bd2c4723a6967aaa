import { describe, expect, it, vi } from "vitest";
import * as z from "zod";
import { model, service } from "../../core/index.ts";
import { tensor } from "../../core/tensor.ts";
import { fakeRunner } from "../support/fake-runner.ts";
import { testApp } from "../support/test-app.ts";

describe("createApp, under load and at the end", () => {
  const blocked = () => {
    const gate = Promise.withResolvers<void>();
    const slow = service({
      name: "slow",
      traffic: { maxConcurrency: 2, timeoutMs: 50 },
      apis: ({ api }) => ({
        wait: api({
          input: {},
          output: z.string(),
          async run(_, { signal }) {
            await Promise.race([
              gate.promise,
              new Promise((_resolve, reject) => {
                signal.addEventListener("abort", () => reject(signal.reason));
              }),
            ]);
            return "done";
          },
        }),
      }),
    });
    return { gate, ...testApp(slow) };
  };

  it("refuses requests above maxConcurrency with 429 and when to come again", async () => {
    const { app, post, gate } = blocked();
    const first = [post("/wait", {}), post("/wait", {})];
    const third = await app.hono.request("/wait", { method: "POST", body: new Uint8Array() });
    expect([third.status, await third.json(), third.headers.get("retry-after")]).toEqual([
      429,
      { error: "too many requests: 2 are at work" },
      "1",
    ]);
    gate.resolve();
    expect((await Promise.all(first)).map((answer) => answer.body)).toEqual(["done", "done"]);
    expect((await post("/wait", {})).status).toBe(200);
  });

  it("answers 504 when the time is up, and tells run", async () => {
    vi.useFakeTimers();
    try {
      const { post } = blocked();
      const answer = post("/wait", {});
      await vi.advanceTimersByTimeAsync(50);
      expect(await answer).toEqual({ status: 504, body: { error: "no answer within 50 ms" } });
    } finally {
      vi.useRealTimers();
    }
  });

  it("does not wait for a run that ignores the signal", async () => {
    vi.useFakeTimers();
    try {
      const deaf = service({
        name: "deaf",
        traffic: { timeoutMs: 50 },
        apis: ({ api }) => ({
          wait: api({ input: {}, output: z.any(), run: () => new Promise(() => {}) }),
        }),
      });
      const answer = testApp(deaf).post("/wait", {});
      await vi.advanceTimersByTimeAsync(50);
      expect((await answer).status).toBe(504);
    } finally {
      vi.useRealTimers();
    }
  });

  it("tells run when the caller has gone", async () => {
    const { app } = blocked();
    const caller = new AbortController();
    const answer = app.fetch(
      new Request("http://localhost/wait", {
        method: "POST",
        body: JSON.stringify({}),
        headers: { "content-type": "application/json" },
        signal: caller.signal,
      }),
    );
    setImmediate(() => caller.abort());
    expect((await answer).status).toBe(499);
    expect(app.lifecycle.inFlight).toBe(0);
  });

  it("finishes what is at work while it drains, and takes nothing new", async () => {
    const { app, post, gate } = blocked();
    const working = post("/wait", {});
    const drained = app.lifecycle.drain();
    const refused = await app.hono.request("/wait", { method: "POST" });
    expect([refused.status, await refused.json(), Object.fromEntries(refused.headers)]).toEqual([
      503,
      { error: "the server is shutting down" },
      {
        connection: "close",
        "content-type": "application/json",
        "retry-after": "1",
        "retry-after-ms": "1000",
        "x-bento": "test:v1",
        "x-bento-models": "iris=iris:v2",
        "x-request-id": "request-2",
      },
    ]);
    gate.resolve();
    expect(await working).toEqual({ status: 200, body: "done" });
    await drained;
  });

  it("answers 503 with when to come again while a model is overloaded", async () => {
    const gate = Promise.withResolvers<void>();
    const runner = fakeRunner({
      settings: { maxBatchSize: 1 },
      async run({ X }) {
        await gate.promise;
        return { Y: X ?? tensor("float32", [0, 2], []) };
      },
    });
    const busy = service({
      name: "busy",
      models: { fake: model("fake:v1") },
      apis: ({ api }) => ({
        go: api({
          input: { rows: z.number() },
          output: z.number(),
          async run({ rows }, { models }) {
            const X = tensor("float32", [rows, 2], new Float32Array(2 * rows));
            const { Y } = await models.fake.run({ X });
            return Y?.dims[0] ?? 0;
          },
        }),
      }),
    });
    const { app, post } = testApp(busy, { runners: { fake: runner } });
    const first = post("/go", { rows: 100 });
    await vi.waitFor(() => expect(runner.runs).toEqual([1]));
    const refused = await app.hono.request("/go", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ rows: 2 }),
    });
    expect([refused.status, await refused.json(), refused.headers.get("retry-after")]).toEqual([
      503,
      { error: "the queue of model fake is full" },
      "1",
    ]);
    gate.resolve();
    expect(await first).toEqual({ status: 200, body: 100 });
  });
});
