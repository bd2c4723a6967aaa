import { describe, expect, it, vi } from "vitest";
import * as z from "zod";
import * as mini from "zod/mini";
import { ApiError, BentoError, io, model, service } from "../../core/index.ts";
import { tensor } from "../../core/tensor.ts";
import { fakeRunner } from "../support/fake-runner.ts";
import { testApp } from "../support/test-app.ts";

const Flower = z.object({ petal_length: z.number(), petal_width: z.number() });
const flower = { petal_length: 1, petal_width: 2 };

const iris = service({
  name: "iris",
  traffic: { maxConcurrency: 2 },
  apis: ({ api, batch }) => ({
    classify: batch({
      parameter: "features",
      row: Flower,
      result: z.enum(["setosa", "virginica"]),
      run: (rows) => rows.map((row) => (row.petal_width > 1 ? "virginica" : "setosa")),
    }),
    area: api({
      description: "Multiply.",
      input: { flower: Flower, scale: z.number().default(1) },
      output: z.number(),
      run: (input) => input.flower.petal_length * input.flower.petal_width * input.scale,
    }),
  }),
});

describe("createApp", () => {
  it("answers an api with the bare value, and fills in defaults", async () => {
    const { post } = testApp(iris);
    expect(await post("/area", { flower })).toEqual({ status: 200, body: 2 });
    expect(await post("/area", { flower, scale: 4 })).toEqual({ status: 200, body: 8 });
  });

  it("answers a batch api with one result for each row", async () => {
    const { post } = testApp(iris);
    const features = [flower, { petal_length: 1, petal_width: 0 }];
    expect(await post("/classify", { features })).toEqual({
      status: 200,
      body: ["virginica", "setosa"],
    });
    expect(await post("/classify", { features: [] })).toEqual({ status: 200, body: [] });
  });

  it("takes a body without content type, with a charset, or of a JSON dialect", async () => {
    const { app } = testApp(iris);
    const body = new TextEncoder().encode(JSON.stringify({ flower }));
    const types = [{}, "application/json; charset=utf-8", "application/geo+json"];
    for (const type of types) {
      const headers = typeof type === "string" ? { "content-type": type } : type;
      const response = await app.hono.request("/area", { method: "POST", headers, body });
      expect([response.status, await response.json()]).toEqual([200, 2]);
    }
  });

  it("carries a codec both ways, also one of zod/mini", async () => {
    const toDate = z.codec(z.iso.datetime(), z.date(), {
      decode: (text) => new Date(text),
      encode: (date) => date.toISOString(),
    });
    const { post } = testApp(
      service({
        name: "dates",
        apis: ({ api }) => ({
          later: api({
            input: { at: toDate, days: mini.number() },
            output: mini.object({ at: toDate }),
            run: ({ at, days }) => ({ at: new Date(at.getTime() + days * 86_400_000) }),
          }),
        }),
      }),
    );
    expect(await post("/later", { at: "2026-01-30T00:00:00.000Z", days: 2 })).toEqual({
      status: 200,
      body: { at: "2026-02-01T00:00:00.000Z" },
    });
    expect(await post("/later", { at: "2026-01-30T00:00:00.000Z", days: "2" })).toEqual({
      status: 400,
      body: {
        error: "invalid input: 1 problem",
        detail: [{ path: "days", message: "expected number, received string" }],
      },
    });
  });

  it("waits for schemas with asynchronous checks", async () => {
    const even = z.number().refine(async (value) => value % 2 === 0, "odd");
    const { post } = testApp(
      service({
        name: "even",
        apis: ({ api }) => ({ half: api({ input: { a: even }, output: even, run: ({ a }) => a }) }),
      }),
    );
    expect(await post("/half", { a: 4 })).toEqual({ status: 200, body: 4 });
    expect(await post("/half", { a: 3 })).toEqual({
      status: 400,
      body: { error: "invalid input: 1 problem", detail: [{ path: "a", message: "odd" }] },
    });
  });

  it("answers null where run gives nothing", async () => {
    const { post } = testApp(
      service({
        name: "quiet",
        apis: ({ api }) => ({ hush: api({ input: {}, output: z.void(), run: () => {} }) }),
      }),
    );
    expect(await post("/hush", {})).toEqual({ status: 200, body: null });
  });
});

const NOT_JSON = "the body is not JSON: ";

describe("createApp, on a body that cannot be read", () => {
  it.each<[string, string, number, unknown]>([
    ["nothing", "", 400, { error: "the body is empty; expected a JSON object" }],
    [
      "no JSON",
      "hello",
      400,
      {
        error: `${NOT_JSON}line 1, column 1: expected a value, got hello`,
        detail: { position: 0, line: 1, column: 1 },
      },
    ],
    [
      "JSON that stops short",
      '{"flower": {\n  "petal_length": 1',
      400,
      {
        error: `${NOT_JSON}line 2, column 20: expected , or }, got the end`,
        detail: { position: 32, line: 2, column: 20 },
      },
    ],
    [
      "NaN",
      '{"flower": {"petal_length": NaN}}',
      400,
      {
        error: `${NOT_JSON}line 1, column 29: expected a value, got NaN; JSON has no NaN`,
        detail: { position: 28, line: 1, column: 29 },
      },
    ],
    [
      "-Infinity",
      "[-Infinity]",
      400,
      {
        error: `${NOT_JSON}line 1, column 2: expected a value or ], got -Infinity; JSON has no -Infinity`,
        detail: { position: 1, line: 1, column: 2 },
      },
    ],
    [
      "a list",
      "[1]",
      400,
      {
        error: "invalid input: 1 problem",
        detail: [{ path: "", message: "expected object, received array" }],
      },
    ],
    [
      "a number too large for a double",
      '{"flower": {"petal_length": 1e999, "petal_width": 1}}',
      400,
      {
        error: "invalid input: 1 problem",
        detail: [{ path: "flower.petal_length", message: "expected number, received Infinity" }],
      },
    ],
    [
      "every problem at once",
      '{"flowers": 1, "flower": {"petal_width": "2"}, "scale": null}',
      400,
      {
        error: "invalid input: 4 problems",
        detail: [
          { path: "flower.petal_length", message: "missing; expected number" },
          { path: "flower.petal_width", message: "expected number, received string" },
          { path: "scale", message: "expected number, received null" },
          { path: "flowers", message: "unknown key; did you mean flower?" },
        ],
      },
    ],
  ])("refuses %s", async (_, body, status, expected) => {
    expect(await testApp(iris).post("/area", body)).toEqual({ status, body: expected });
  });

  it("names each row of a batch that is wrong", async () => {
    const features = [flower, flower, flower, { petal_length: 1 }, 5];
    expect(await testApp(iris).post("/classify", { features })).toEqual({
      status: 400,
      body: {
        error: "invalid input: 2 problems",
        detail: [
          { path: "features[3].petal_width", message: "missing; expected number" },
          { path: "features[4]", message: "expected object, received number" },
        ],
      },
    });
  });

  it("lists the first thousand problems and counts all", async () => {
    const features = Array.from({ length: 1200 }, () => 0);
    const { body } = await testApp(iris).post("/classify", { features });
    expect(body).toMatchObject({ error: "invalid input: 1200 problems" });
    expect((body as { detail: unknown[] }).detail).toHaveLength(1000);
  });

  it("refuses bytes that are not UTF-8", async () => {
    const body = Uint8Array.of(0x22, 0xff, 0x22);
    const response = await testApp(iris).app.hono.request("/area", { method: "POST", body });
    expect([response.status, await response.json()]).toEqual([
      400,
      { error: "the body is not UTF-8 text" },
    ]);
  });

  it.each<[string, Record<string, string>, unknown]>([
    [
      "another media type",
      { "content-type": "text/csv" },
      {
        error: "cannot read text/csv; send application/json",
        detail: { accepted: ["application/json"] },
      },
    ],
    [
      "a compressed body",
      { "content-encoding": "gzip" },
      { error: "cannot read a body in gzip; send it as it is" },
    ],
  ])("refuses %s", async (_, headers, body) => {
    const { post } = testApp(iris);
    expect(
      await post("/area", "x", { headers: { "content-type": "application/json", ...headers } }),
    ).toEqual({ status: 415, body });
  });

  it.each(["content-length", "the stream itself"])("refuses a body too long by %s", async (by) => {
    const { app } = testApp(iris, { maxBodyBytes: 100 });
    let sent = 0;
    const endless = new ReadableStream<Uint8Array>({
      pull(controller) {
        sent += 1;
        controller.enqueue(new Uint8Array(60).fill(0x20));
      },
    });
    const headers = by === "content-length" ? { "content-length": "101" } : {};
    const response = await app.fetch(
      new Request("http://localhost/area", {
        method: "POST",
        headers,
        body: endless,
        duplex: "half",
      }),
    );
    expect([response.status, await response.json()]).toEqual([
      413,
      { error: "the body is longer than 100 bytes", detail: { maxBytes: 100 } },
    ]);
    expect(sent).toBeLessThan(5);
  });
});

describe("createApp, on a path or method that it does not have", () => {
  it.each<[string, string, number, unknown]>([
    [
      "POST",
      "/clasify",
      404,
      {
        error: "nothing is at /clasify; did you mean /classify?",
        detail: { apis: ["classify", "area"] },
      },
    ],
    ["GET", "/x/y", 404, { error: "nothing is at /x/y", detail: { apis: ["classify", "area"] } }],
    ["GET", "/classify", 405, { error: "this path takes POST only" }],
    ["PUT", "/area", 405, { error: "this path takes POST only" }],
    ["POST", "/livez", 405, { error: "this path takes GET, HEAD only" }],
    ["DELETE", "/", 405, { error: "this path takes GET, HEAD only" }],
  ])("answers %s %s with %i", async (method, path, status, body) => {
    const response = await testApp(iris).app.hono.request(path, { method });
    expect([response.status, await response.json()]).toEqual([status, body]);
    expect(response.headers.get("allow")).toEqual(
      status === 405 ? (path.length > 1 && path !== "/livez" ? "POST" : "GET, HEAD") : null,
    );
  });
});

/** A service whose one api does as the test says. */
function serviceThat(run: () => unknown, output: z.ZodType = z.any()) {
  return service({
    name: "one",
    apis: ({ api }) => ({ go: api({ input: {}, output, run }) }),
  });
}

const fail = (error: unknown) => () => {
  throw error;
};

describe("createApp, on errors of run", () => {
  it.each<[string, unknown, number, unknown]>([
    [
      "an ApiError",
      new ApiError(422, "too small", { least: 3 }),
      422,
      { error: "too small", detail: { least: 3 } },
    ],
    ["an ApiError of 500", new ApiError(500, "model on fire"), 500, { error: "model on fire" }],
    ["any other error", new Error("secret"), 500, { error: "internal error" }],
    ["what is no error", "secret", 500, { error: "internal error" }],
    [
      "our own errors",
      new BentoError("BENTO_IO", "disk /secret"),
      500,
      { error: "internal error" },
    ],
    [
      "inputs that a model refuses",
      new BentoError("BENTO_INVALID_INPUT", "expected shape [n, 4], got [1, 3]"),
      400,
      { error: "expected shape [n, 4], got [1, 3]" },
    ],
  ])("answers %s", async (_, error, status, body) => {
    expect(await testApp(serviceThat(fail(error))).post("/go", {})).toEqual({ status, body });
  });

  it("logs what it does not tell", async () => {
    const error = new Error("secret");
    const { post, log } = testApp(serviceThat(fail(error)));
    await post("/go", {});
    expect(log.lines).toEqual([
      {
        level: "error",
        fields: { requestId: "request-1", path: "/go", err: error },
        message: "request failed",
      },
      {
        level: "info",
        fields: { requestId: "request-1", method: "POST", path: "/go", status: 500, durationMs: 0 },
        message: "request",
      },
    ]);
  });

  it("does not log a caller's own mistakes as failures", async () => {
    const { post, log } = testApp(serviceThat(fail(new ApiError(404, "no such flower"))));
    await post("/go", {});
    expect(log.lines.map((line) => line.level)).toEqual(["info"]);
  });

  it("answers a wrong output with 500, and logs where it is wrong", async () => {
    const output = z.object({ scores: z.array(z.number()) });
    const { post, log } = testApp(serviceThat(() => ({ scores: [1, Number.NaN] }), output));
    expect(await post("/go", {})).toEqual({ status: 500, body: { error: "internal error" } });
    expect(log.lines[0]?.fields["err"]).toMatchObject({
      code: "BENTO_INVALID_SERVICE",
      message: "run gave a wrong output\nscores[1]: expected number, received NaN",
      where: "apis.go.output",
    });
  });

  it("tells nothing of what it was sent to the log", async () => {
    const { post, log } = testApp(serviceThat(() => "hunter2", z.number()));
    await post("/go?password=hunter2", {});
    expect(JSON.stringify(log.lines.map((line) => [line, String(line.fields["err"])]))).not.toMatch(
      /hunter2/,
    );
  });
});

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

describe("createApp, beside the apis", () => {
  const get = async (path: string, app = testApp(iris).app) => {
    const response = await app.hono.request(path);
    return { status: response.status, body: await response.json() };
  };

  it("is alive and ready, until it drains", async () => {
    const { app } = testApp(iris);
    const ready = { status: 200, body: { status: "ready" } };
    expect(await get("/livez", app)).toEqual({ status: 200, body: { status: "alive" } });
    expect([await get("/readyz", app), await get("/healthz", app)]).toEqual([ready, ready]);
    await app.lifecycle.drain();
    const draining = { status: 503, body: { error: "draining" } };
    expect(await get("/livez", app)).toEqual({ status: 200, body: { status: "alive" } });
    expect([await get("/readyz", app), await get("/healthz", app)]).toEqual([draining, draining]);
  });

  it.each([
    ["says no", () => false, "not ready yet"],
    ["throws", fail(new Error("database down")), "not ready yet"],
  ])("is not ready while the service's own isReady %s", async (_, isReady, error) => {
    const { app } = testApp(
      service({
        name: "unready",
        isReady,
        apis: ({ api }) => ({ go: api({ input: {}, output: z.any(), run: () => 1 }) }),
      }),
    );
    expect(await get("/readyz", app)).toEqual({ status: 503, body: { error } });
  });

  it("answers HEAD as GET, without the body", async () => {
    const response = await testApp(iris).app.hono.request("/readyz", { method: "HEAD" });
    expect([response.status, await response.text()]).toEqual([200, ""]);
  });

  it("shows its documents", async () => {
    const docs = await get("/docs.json");
    expect(docs).toMatchObject({ status: 200, body: { info: { title: "iris", version: "v1" } } });
    expect(await get("/schema.json")).toMatchObject({ status: 200, body: { type: "service" } });
  });

  it("has a page for people that needs nothing from elsewhere", async () => {
    const response = await testApp(
      service({
        name: "page",
        description: "<b>bold</b> & more",
        apis: ({ api }) => ({ go: api({ input: {}, output: z.any(), run: () => 1 }) }),
      }),
    ).app.hono.request("/");
    const page = await response.text();
    expect(response.headers.get("content-type")).toBe("text/html; charset=utf-8");
    expect(page).toContain("<code>POST /go</code>");
    expect(page).toContain('<a href="docs.json">');
    expect(page).toContain("&lt;b&gt;bold&lt;/b&gt; &amp; more");
    expect(page).not.toMatch(/https?:\/\//);
  });

  it.each([
    ["a sane id", "abc-123:DEF/4", "abc-123:DEF/4"],
    ["none", undefined, "request-1"],
    ["one with a space", "a b", "request-1"],
    ["one that is too long", "x".repeat(129), "request-1"],
    ["an empty one", "", "request-1"],
  ])("keeps or makes the request id: %s", async (_, given, expected) => {
    const headers = given === undefined ? {} : { "x-request-id": given };
    const response = await testApp(iris).app.hono.request("/livez", { headers });
    expect(response.headers.get("x-request-id")).toBe(expected);
  });

  it("names its versions in every answer, unless told not to", async () => {
    for (const path of ["/livez", "/nowhere", "/docs.json"]) {
      const { headers } = await testApp(iris).app.hono.request(path);
      expect([headers.get("x-bento"), headers.get("x-bento-models")]).toEqual([
        "test:v1",
        "iris=iris:v2",
      ]);
    }
    const quiet = await testApp(iris, { versionHeaders: false }).app.hono.request("/livez");
    expect([...quiet.headers.keys()]).toEqual(["content-type", "x-request-id"]);
  });
});

describe("createApp, with batch apis", () => {
  const scoring = (run: (rows: readonly number[]) => unknown) =>
    service({
      name: "scoring",
      apis: ({ batch }) => ({
        many: batch({ parameter: "x", row: z.number(), result: z.number(), run: run as never }),
        one: batch({
          parameter: "x",
          per: "item",
          row: z.number(),
          result: z.number(),
          run: run as never,
        }),
      }),
    });

  it("joins rows of several requests, and gives each its own results", async () => {
    const batches: number[][] = [];
    const { post } = testApp(
      scoring((rows) => {
        batches.push([...rows]);
        return rows.map((row) => row * 10);
      }),
    );
    const answers = await Promise.all([post("/many", { x: [1, 2] }), post("/many", { x: [3] })]);
    expect(answers.map((answer) => answer.body)).toEqual([[10, 20], [30]]);
    expect(batches).toEqual([[1, 2, 3]]);
  });

  it("takes and gives one item where callers send one", async () => {
    const { post } = testApp(scoring((rows) => rows.map((row) => row * 10)));
    const answers = await Promise.all([post("/one", { x: 1 }), post("/one", { x: 2 })]);
    expect(answers.map((answer) => answer.body)).toEqual([10, 20]);
    expect(await post("/one", { x: [1] })).toEqual({
      status: 400,
      body: {
        error: "invalid input: 1 problem",
        detail: [{ path: "x", message: "expected number, received array" }],
      },
    });
  });

  it("gives an ApiError in a row's place to the caller of that row alone", async () => {
    const { post } = testApp(
      scoring((rows) =>
        rows.map((row) => (row < 0 ? new ApiError(422, "negative", { least: 0 }) : row)),
      ),
    );
    const [good, bad, one, alone] = await Promise.all([
      post("/many", { x: [1, 2] }),
      post("/many", { x: [3, -4] }),
      post("/one", { x: 5 }),
      post("/one", { x: -6 }),
    ]);
    expect([good.body, one.body]).toEqual([[1, 2], 5]);
    expect(bad).toEqual({
      status: 422,
      body: { error: "negative", detail: { row: 1, detail: { least: 0 } } },
    });
    expect(alone).toEqual({ status: 422, body: { error: "negative", detail: { least: 0 } } });
  });

  it("gives an ApiError that is thrown to all callers of the batch", async () => {
    const { post } = testApp(scoring(fail(new ApiError(409, "not today"))));
    const answers = await Promise.all([post("/many", { x: [1] }), post("/many", { x: [2] })]);
    const refused = { status: 409, body: { error: "not today" } };
    expect(answers).toEqual([refused, refused]);
  });

  it.each<[string, unknown, string]>([
    ["three results for five rows", [1, 2, 3], "run gave 3 results for 5 rows"],
    ["no list", "results", "run gave string, expected a list or a tensor"],
    ["nothing", undefined, "run gave undefined, expected a list or a tensor"],
  ])("fails all callers when run gives %s", async (_, results, message) => {
    const { post, log } = testApp(scoring(() => results));
    const answers = await Promise.all([
      post("/many", { x: [1, 2, 3] }),
      post("/many", { x: [4, 5] }),
    ]);
    const failed = { status: 500, body: { error: "internal error" } };
    expect(answers).toEqual([failed, failed]);
    expect(log.lines[0]?.fields["err"]).toMatchObject({
      code: "BENTO_INVALID_SERVICE",
      message,
      where: "apis.many",
      hint: "give one result for each row, in their order; an ApiError may stand in a row's place",
    });
  });

  it("fails only the caller whose result is wrong", async () => {
    const { post, log } = testApp(scoring((rows) => rows.map((row) => (row === 2 ? "two" : row))));
    const [good, bad] = await Promise.all([post("/many", { x: [1] }), post("/many", { x: [2] })]);
    expect([good?.status, bad?.status]).toEqual([200, 500]);
    expect(log.lines.find((line) => line.level === "error")?.fields["err"]).toMatchObject({
      message: "run gave a wrong output\nexpected number, received string",
      where: "apis.many.result",
    });
  });

  it("does not blame callers for what a model refuses of a batch", async () => {
    const { post, log } = testApp(scoring(fail(new BentoError("BENTO_INVALID_INPUT", "bad X"))));
    expect(await post("/many", { x: [1] })).toEqual({
      status: 500,
      body: { error: "internal error" },
    });
    expect(log.lines[0]?.fields["err"]).toMatchObject({ message: "run failed: bad X" });
  });

  it("stacks rows that are tensors, and refuses rows of unequal shape", async () => {
    const { post } = testApp(
      service({
        name: "stack",
        apis: ({ batch }) => ({
          twice: batch({
            parameter: "x",
            row: io.tensor("float32", ["k"]),
            result: io.tensor("float32", ["k"]),
            run: (stacked) => ({ ...stacked, data: stacked.data.map((value) => 2 * value) }),
          }),
        }),
      }),
    );
    const answers = await Promise.all([
      post("/twice", {
        x: [
          [1, 2],
          [3, 4],
        ],
      }),
      post("/twice", { x: [[5]] }),
      post("/twice", { x: [[6, 7]] }),
      post("/twice", { x: [[1, 2], [3]] }),
    ]);
    expect(answers.map((answer) => answer.body)).toEqual([
      [
        [2, 4],
        [6, 8],
      ],
      [[10]],
      [[12, 14]],
      {
        error: "invalid input: 1 problem",
        detail: [{ path: "x[1]", message: "expected shape [2] as in the first row, got [1]" }],
      },
    ]);
  });

  it("gives run the requests of its batch, and a signal for when all have gone", async () => {
    const seen: unknown[] = [];
    const { app } = testApp(
      service({
        name: "context",
        apis: ({ batch }) => ({
          go: batch({
            parameter: "x",
            row: z.number(),
            result: z.number(),
            run(rows, { requests, signal }) {
              const told = requests.map(({ id, headers }) => [id, headers.get("x-tenant")]);
              seen.push(told, signal.aborted);
              return new Promise((resolve) => {
                signal.addEventListener("abort", () => {
                  seen.push("all gone");
                  resolve([...rows]);
                });
              });
            },
          }),
        }),
      }),
    );
    const callers = [new AbortController(), new AbortController()];
    const answers = callers.map((caller, index) =>
      app.fetch(
        new Request("http://localhost/go", {
          method: "POST",
          headers: { "content-type": "application/json", "x-tenant": `t${index}` },
          body: JSON.stringify({ x: [index] }),
          signal: caller.signal,
        }),
      ),
    );
    await vi.waitFor(() => expect(seen).toHaveLength(2));
    callers[0]?.abort();
    expect((await answers[0])?.status).toBe(499);
    callers[1]?.abort();
    await answers[1];
    expect(seen).toEqual([
      [
        ["request-1", "t0"],
        ["request-2", "t1"],
      ],
      false,
      "all gone",
    ]);
  });

  it("runs a batch's model calls past the model's own batcher", async () => {
    const runner = fakeRunner({ settings: { maxBatchSize: 1 } });
    const { post } = testApp(
      service({
        name: "through",
        models: { fake: model("fake:v1") },
        apis: ({ batch }) => ({
          go: batch({
            parameter: "x",
            row: z.number(),
            result: z.number(),
            async run(rows, { models }) {
              const X = tensor(
                "float32",
                [rows.length, 2],
                rows.flatMap((row) => [row, 0]),
              );
              const { Y } = await models.fake.run({ X });
              return rows.map((_, index) => Number(Y?.data[2 * index]));
            },
          }),
        }),
      }),
      { runners: { fake: runner } },
    );
    expect(await post("/go", { x: [1, 2, 3] })).toEqual({ status: 200, body: [2, 4, 6] });
    expect(runner.runs).toEqual([3]);
  });
});
