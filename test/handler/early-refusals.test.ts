import { once } from "node:events";
import { connect } from "node:net";
import { describe, expect, it } from "vitest";
import * as z from "zod";
import { service } from "../../core/index.ts";
import { type Listener, listen } from "../../handler/listen.ts";
import { testApp } from "../support/test-app.ts";

/** A batch api that answers when told to. */
function blocked() {
  const gate = Promise.withResolvers<void>();
  const started = Promise.withResolvers<void>();
  const one = service({
    name: "one",
    apis: ({ batch }) => ({
      go: batch({
        parameter: "rows",
        row: z.number(),
        result: z.number(),
        maxBatchSize: 1,
        async run(rows) {
          started.resolve();
          await gate.promise;
          return rows;
        },
      }),
    }),
  });
  return { gate, started: started.promise, ...testApp(one) };
}

const request = (id: string, body: string) =>
  `POST /go HTTP/1.1\r\nHost: localhost\r\nX-Request-Id: ${id}\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;

/** One connection, on which answers with a length are read one by one. */
async function dial({ port }: Listener) {
  const socket = connect(port, "127.0.0.1");
  await once(socket, "connect");
  let text = "";
  socket.on("data", (chunk) => {
    text += String(chunk);
  });
  return {
    close: () => socket.destroy(),
    async send(message: string): Promise<string> {
      text = "";
      socket.write(message);
      for (;;) {
        const [head, body] = text.split("\r\n\r\n");
        const length = Number(/content-length: (\d+)/i.exec(text)?.[1]);
        if (head !== undefined && body !== undefined && Buffer.byteLength(body) >= length) {
          return text.replace(/Date: [^\r]*/, "Date: now");
        }
        await once(socket, "data");
      }
    },
  };
}

const HOST = "127.0.0.1";

/** The api's run and its queue are full. */
async function overload({ app, post, started }: ReturnType<typeof blocked>) {
  const first = post("/go", { rows: [0] });
  await started;
  const working = [first, post("/go", { rows: Array(100).fill(1) })];
  for (let turn = 0; turn < 10; turn += 1) {
    await new Promise(setImmediate); // its body is read
  }
  return { working, fetch: app.fetch, refuse: app.refuse };
}

describe("createEarlyRefusals", () => {
  it("answers as a request that was read would have been, to the byte", async () => {
    const parts = blocked();
    const { working, fetch, refuse } = await overload(parts);
    const early = await listen({ fetch, refuse, port: 0, host: HOST });
    const late = await listen({ fetch, port: 0, host: HOST });
    const [toEarly, toLate] = [await dial(early), await dial(late)];
    const message = request("mine", '{"rows":[1]}');
    const answer = await toEarly.send(message);
    expect(answer).toBe(await toLate.send(message));
    expect(answer).toMatchInlineSnapshot(`
      "HTTP/1.1 503 Service Unavailable
      content-type: application/json
      retry-after: 1
      retry-after-ms: 1000
      x-request-id: mine
      x-bento: test:v1
      x-bento-models: iris=iris:v2
      content-length: 40
      Date: now
      Connection: keep-alive
      Keep-Alive: timeout=75

      {"error":"the queue of apis.go is full"}"
    `);
    parts.gate.resolve();
    await Promise.all(working);
    expect(await toEarly.send(message)).toMatch(/^HTTP\/1.1 200 OK/);
    toEarly.close();
    toLate.close();
    await Promise.all([early, late].map(({ close }) => close(AbortSignal.abort())));
  });

  it("reads the body away, whatever its size, so that the connection stays of use", async () => {
    const parts = blocked();
    const { working, fetch, refuse } = await overload(parts);
    const listener = await listen({ fetch, refuse, port: 0, host: HOST });
    const connection = await dial(listener);
    for (const length of [1, 10, 1_000_000]) {
      const message = request("mine", "x".repeat(length));
      expect(await connection.send(message)).toMatch(/^HTTP\/1.1 503 /);
    }
    const livez = "GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n";
    expect(await connection.send(livez)).toMatch(/^HTTP\/1.1 200 OK/);
    parts.gate.resolve();
    await Promise.all(working);
    connection.close();
    await listener.close(AbortSignal.abort());
  });

  it("counts and logs whom it turns away", async () => {
    const parts = blocked();
    const { working, refuse } = await overload(parts);
    const incoming = { method: "POST", url: "/go", headers: {} };
    refuse(incoming as never);
    refuse(incoming as never);
    const metrics = await (await parts.app.hono.request("/metrics")).text();
    expect(
      metrics
        .split("\n")
        .filter((line) => /503|rejected_total\{/.test(line) && !/bucket|sum/.test(line)),
    ).toMatchInlineSnapshot(`
      [
        "bentoml_request_total{endpoint="/go",service_name="test",service_version="v1",http_response_code="503"} 2",
        "bentoml_request_duration_seconds_count{endpoint="/go",service_name="test",service_version="v1",http_response_code="503"} 2",
        "bentoml_runner_rejected_total{runner_name="go",service_name="test",service_version="v1",reason="queue-full"} 2",
      ]
    `);
    expect(parts.log.lines.filter(({ message }) => message === "request")).toMatchInlineSnapshot(`
      [
        {
          "fields": {
            "durationMs": 0,
            "method": "POST",
            "path": "/go",
            "requestId": "request-3",
            "status": 503,
          },
          "level": "info",
          "message": "request",
        },
        {
          "fields": {
            "durationMs": 0,
            "method": "POST",
            "path": "/go",
            "requestId": "request-4",
            "status": 503,
          },
          "level": "info",
          "message": "request",
        },
        {
          "fields": {
            "durationMs": 0,
            "method": "GET",
            "path": "/metrics",
            "requestId": "request-5",
            "status": 200,
          },
          "level": "info",
          "message": "request",
        },
      ]
    `);
    parts.gate.resolve();
    await Promise.all(working);
  });

  it("refuses nobody where there is room, nor on other paths and methods", async () => {
    const parts = blocked();
    const go = { method: "POST", url: "/go", headers: {} };
    expect(parts.app.refuse(go as never)).toBeUndefined();
    const { working, refuse } = await overload(parts);
    for (const other of [{ method: "GET" }, { url: "/livez" }, { url: "/go?x=1" }]) {
      expect(refuse({ ...go, ...other } as never)).toBeUndefined();
    }
    expect(refuse(go as never)?.status).toBe(503);
    parts.gate.resolve();
    await Promise.all(working);
    expect(refuse(go as never)).toBeUndefined();
  });

  it("leaves the answer to a server that is shutting down", async () => {
    const parts = blocked();
    const { working, refuse } = await overload(parts);
    void parts.app.lifecycle.drain();
    expect(refuse({ method: "POST", url: "/go", headers: {} } as never)).toBeUndefined();
    parts.gate.resolve();
    await Promise.all(working);
  });
});
