import { once } from "node:events";
import { createServer } from "node:http";
import { describe, expect, it } from "vitest";
import * as z from "zod";
import { BentoClientError, type CallOptions, createClient } from "../../client/index.ts";
import { ApiError, service } from "../../core/index.ts";
import { testApp } from "../support/test-app.ts";

const sums = service({
  name: "sums",
  traffic: { maxConcurrency: 1 },
  apis: ({ api, batch }) => ({
    add: api({
      input: { a: z.number(), b: z.number() },
      output: z.number(),
      run: ({ a, b }, { headers }) => {
        if (headers.get("x-fail") !== null) {
          throw new ApiError(422, "told to fail", { by: headers.get("x-fail") });
        }
        return a + b;
      },
    }),
    double: batch({
      parameter: "x",
      row: z.number(),
      result: z.number(),
      run: (rows) => rows.map((row) => 2 * row),
    }),
    hang: api({ input: {}, output: z.number(), run: () => new Promise<number>(() => {}) }),
  }),
});

const connect = (options = {}) =>
  createClient<typeof sums>("http://localhost:3000", {
    fetch: testApp(sums).app.fetch,
    ...options,
  });

describe("createClient", () => {
  it("calls each api by its name", async () => {
    const client = connect();
    expect([await client.add({ a: 1, b: 2 }), await client.double({ x: [1, 2] })]).toEqual([
      3,
      [2, 4],
    ]);
  });

  it("keeps a path in the service's URL", async () => {
    const asked: string[] = [];
    const client = createClient<typeof sums>("https://example.com/v1/sums", {
      fetch: async (request) => {
        asked.push(`${request.method} ${request.url} ${await request.text()}`);
        return Response.json(3);
      },
    });
    await client.add({ a: 1, b: 2 });
    expect(asked).toEqual(['POST https://example.com/v1/sums/add {"a":1,"b":2}']);
  });

  it("sends headers of the client and of the call", async () => {
    const client = connect({ headers: { "x-fail": "client" } });
    const call = (options?: CallOptions) =>
      client.add({ a: 1, b: 2 }, options).catch((error: BentoClientError) => error.detail);
    expect([await call(), await call({ headers: { "x-fail": "call" } })]).toEqual([
      { by: "client" },
      { by: "call" },
    ]);
  });

  it("throws the service's error with all that it said", async () => {
    const call = connect().add({ a: 1, b: "2" } as never);
    const error: unknown = await call.catch((reason: unknown) => reason);
    expect(BentoClientError.isInstance(error)).toBe(true);
    expect(error).toMatchObject({
      message: "400: invalid input: 1 problem",
      status: 400,
      error: "invalid input: 1 problem",
      detail: [{ path: "b", message: "expected number, received string" }],
      requestId: "request-1",
      retryAfterMs: undefined,
    });
  });

  it("says when to come again", async () => {
    const client = connect();
    void client.hang({}).catch(() => {});
    await expect(client.add({ a: 1, b: 2 })).rejects.toMatchObject({
      status: 429,
      error: "too many requests: 1 are at work",
      retryAfterMs: 1000,
    });
  });

  it.each<[string, () => Response, object]>([
    [
      "a page of a proxy",
      () => new Response("<h1>", { status: 502, statusText: "Bad Gateway" }),
      { status: 502, error: "Bad Gateway", detail: undefined, requestId: undefined },
    ],
    [
      "nothing at all",
      () => new Response(null, { status: 503, headers: { "retry-after": "7" } }),
      { status: 503, error: "no reason given", retryAfterMs: 7000 },
    ],
    [
      "a page where an answer is due",
      () => new Response("<h1>"),
      { code: "BENTO_UNREACHABLE", message: "the answer is not JSON (status 200)" },
    ],
  ])("makes an error of %s", async (_, answer, expected) => {
    const client = connect({ fetch: async () => answer() });
    await expect(client.add({ a: 1, b: 2 })).rejects.toMatchObject(expected);
  });

  it("says that no one answers at the URL", async () => {
    const server = createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    const address = server.address();
    const url = `http://127.0.0.1:${typeof address === "object" ? address?.port : ""}`;
    await new Promise((resolve) => server.close(resolve));
    await expect(createClient<typeof sums>(url).add({ a: 1, b: 2 })).rejects.toMatchObject({
      code: "BENTO_UNREACHABLE",
      message: expect.stringMatching(/^the service did not answer: connect ECONNREFUSED/),
      where: `${url}/add`,
    });
  });

  it("gives up after timeoutMs", async () => {
    await expect(connect({ timeoutMs: 1 }).hang({})).rejects.toMatchObject({
      code: "BENTO_UNREACHABLE",
      message: "no answer within 1 ms",
    });
  });

  it("throws the signal's reason when the caller gives up", async () => {
    const controller = new AbortController();
    const client = connect();
    const hanging = client.hang({}, { signal: controller.signal });
    controller.abort(new Error("enough"));
    await expect(hanging).rejects.toThrow("enough");
    await expect(client.hang({}, { signal: controller.signal })).rejects.toThrow("enough");
  });

  it("is no promise, so that it may be awaited", async () => {
    const client = connect();
    expect(await client).toBe(client);
  });

  it.each(["localhost:3000", "ftp://x", "", "//x"])("refuses %j as a URL", (url) => {
    expect(() => createClient(url)).toThrow(
      expect.objectContaining({
        code: "BENTO_INVALID_INPUT",
        hint: "write it whole, e.g. http://127.0.0.1:3000",
      }),
    );
  });
});
