import { once } from "node:events";
import { Agent, type IncomingMessage, type RequestOptions, request } from "node:http";
import { connect } from "node:net";
import { describe, expect, it } from "vitest";
import { type ListenOptions, listen } from "../../handler/listen.ts";
import { respondJson } from "../../handler/port/light-response.ts";

async function served(fetch: ListenOptions["fetch"]) {
  const listener = await listen({ fetch, port: 0, host: "127.0.0.1" });
  const { port } = listener;
  return {
    port,
    url: `http://127.0.0.1:${port}`,
    [Symbol.asyncDispose]: () => listener.close(AbortSignal.abort()),
  };
}

async function ask(options: RequestOptions, body = "") {
  const [answer]: IncomingMessage[] = await once(request(options).end(body), "response");
  let text = "";
  for await (const chunk of answer ?? []) {
    text += String(chunk);
  }
  return { status: answer?.statusCode, headers: answer?.headers, text };
}

/** What the server answers to these very bytes. */
async function exchange(port: number, text: string): Promise<string> {
  const socket = connect(port, "127.0.0.1").setEncoding("utf8");
  socket.write(text);
  let answer = "";
  for await (const chunk of socket) {
    answer += String(chunk);
  }
  return answer;
}

const told = (request: Request) => respondJson({ method: request.method, url: request.url });

describe("listen", () => {
  it("gives a request that is fetch's own in all that it tells", async () => {
    await using server = await served(async (request) =>
      Response.json({
        method: request.method,
        url: request.url,
        type: request.headers.get("Content-Type"),
        absent: [request.headers.get("x-absent"), request.headers.has("x-absent")],
        twice: request.headers.get("x-twice"),
        names: [...request.headers.keys()].filter((name) => name.startsWith("x-")),
        copied: await request.clone().text(),
        body: await request.json(),
        used: request.bodyUsed,
        aborted: request.signal.aborted,
      }),
    );
    const headers = { "content-type": "application/json", "x-twice": ["a", "b"] };
    const options = { port: server.port, path: "/a?b=%20c", method: "POST", headers };
    const { text } = await ask(options, '{"x":1}');
    expect(JSON.parse(text)).toEqual({
      method: "POST",
      url: `http://localhost:${server.port}/a?b=%20c`,
      type: "application/json",
      absent: [null, false],
      twice: "a, b",
      names: ["x-twice"],
      copied: '{"x":1}',
      body: { x: 1 },
      used: true,
      aborted: false,
    });
  });

  it("sends a real response: status, cookies, a body as it comes", async () => {
    await using server = await served(async () => {
      const parts = ["one ", "two"];
      const body = new ReadableStream({
        pull(controller) {
          const part = parts.shift();
          return part === undefined
            ? controller.close()
            : controller.enqueue(new TextEncoder().encode(part));
        },
      });
      const headers: [string, string][] = [
        ["set-cookie", "a=1"],
        ["set-cookie", "b=2"],
        ["x-kind", "real"],
      ];
      return new Response(body, { status: 201, headers });
    });
    const { status, headers, text } = await ask({ port: server.port });
    expect([status, headers?.["set-cookie"], headers?.["x-kind"], text]).toEqual([
      201,
      ["a=1", "b=2"],
      "real",
      "one two",
    ]);
  });

  it("sends a light response with its length, and none of its body to HEAD", async () => {
    await using server = await served(async () => respondJson({ ü: 1 }));
    const whole = await ask({ port: server.port });
    const head = await ask({ port: server.port, method: "HEAD" });
    expect([whole.headers?.["content-length"], whole.text]).toEqual(["8", '{"ü":1}']);
    expect([head.headers?.["content-length"], head.text]).toEqual(["8", ""]);
  });

  it("aborts the request's signal when the caller goes", async () => {
    const seen = Promise.withResolvers<AbortSignal>();
    await using server = await served(async (request) => {
      seen.resolve(request.signal);
      await once(request.signal, "abort");
      return respondJson({});
    });
    const socket = connect(server.port, "127.0.0.1");
    socket.write("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
    const signal = await seen.promise;
    const gone = once(signal, "abort");
    socket.destroy();
    await gone;
    expect(signal.aborted).toBe(true);
  });

  it("cancels the body of a response that nobody reads any more", async () => {
    const cancelled = Promise.withResolvers<void>();
    await using server = await served(async () => {
      const body = new ReadableStream({
        start: (controller) => controller.enqueue(new Uint8Array(1)),
        cancel: () => cancelled.resolve(),
      });
      return new Response(body);
    });
    const [answer]: IncomingMessage[] = await once(
      request({ port: server.port }).end(),
      "response",
    );
    answer?.destroy();
    await cancelled.promise;
  });

  it("takes in a body that nobody read, so that the connection is of use again", async () => {
    await using server = await served(async (request) => told(request));
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const options = { port: server.port, agent };
    const first = await ask({ ...options, method: "POST", path: "/a" }, "x".repeat(300_000));
    const second = await ask({ ...options, path: "/b" });
    agent.destroy();
    expect([JSON.parse(first.text).method, JSON.parse(second.text).method]).toEqual([
      "POST",
      "GET",
    ]);
  });

  it.each([
    ["a host with a path in it", "GET /a HTTP/1.1\r\nHost: x/secret?"],
    ["a host with an account", "GET /a HTTP/1.1\r\nHost: me@x"],
    ["a backslash in the path", "GET /a\\b HTTP/1.1\r\nHost: x"],
    ["no path", "OPTIONS * HTTP/1.1\r\nHost: x"],
    ["no host", "GET /a HTTP/1.0"],
  ])("answers 400 for %s", async (_, head) => {
    await using server = await served(async (request) => told(request));
    const answer = await exchange(server.port, `${head}\r\nConnection: close\r\n\r\n`);
    expect(answer).toMatch(/^HTTP\/1\.1 400 Bad Request\r\n/);
    expect(answer).toMatch(/\r\n\r\n\{"error":"the request names no valid URL"\}$/);
  });

  it.each([
    ["an ordinary one", "GET /a?b#c HTTP/1.1\r\nHost: x:8080", "http://x:8080/a?b#c"],
    ["one with dot segments", "GET /a/../b HTTP/1.1\r\nHost: x", "http://x/b"],
    ["one of letters beyond ASCII", "GET /%C3%BC HTTP/1.1\r\nHost: x", "http://x/%C3%BC"],
    ["an absolute one", "GET http://y/z HTTP/1.1\r\nHost: x", "http://y/z"],
    ["a host of IPv6", "GET /a HTTP/1.1\r\nHost: [::1]:80", "http://[::1]/a"],
    ["a host in capitals", "GET /a HTTP/1.1\r\nHost: Example.COM", "http://example.com/a"],
  ])("reads the URL of %s", async (_, head, url) => {
    await using server = await served(async (request) => told(request));
    const answer = await exchange(server.port, `${head}\r\nConnection: close\r\n\r\n`);
    expect(JSON.parse(answer.split("\r\n\r\n")[1] ?? "")).toEqual({ method: "GET", url });
  });

  it("answers 500 and nothing of the inside where fetch fails", async () => {
    await using server = await served(() => Promise.reject(new Error("inside")));
    const { status, text } = await ask({ port: server.port });
    expect([status, text]).toEqual([500, '{"error":"internal error"}']);
  });
});
