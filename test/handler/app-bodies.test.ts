import { describe, expect, it } from "vitest";
import { testApp } from "../support/test-app.ts";
import { flower, iris } from "./sample-services.ts";

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
