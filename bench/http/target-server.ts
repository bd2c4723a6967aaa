/**
 * The process of one server under test: a target of `targets.ts` behind a port, or a bare Hono echo on Hono's own
 * adapter to Node. It tells its port, and its memory and processor time when asked.
 *
 * @module
 */
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { createAdaptorServer } from "@hono/node-server";
import { Hono } from "hono";
import { serve } from "../../handler/serve.ts";
import { type TargetOptions, targetOf } from "./targets.ts";

const options: TargetOptions = JSON.parse(process.argv[2] ?? "{}");
process.on("message", () =>
  process.send?.({ memory: process.memoryUsage.rss(), cpu: process.cpuUsage() }),
);
process.on("disconnect", () => process.exit(0));
process.on("SIGTERM", () => process.exit(0)); // with an exit of its own a profile is written
process.send?.({ port: await start() });

async function start(): Promise<number> {
  if (options.name === "refusals") {
    return startRefusals();
  }
  if (options.name === "echo") {
    const hono = new Hono();
    hono.post("/echo", async (c) => c.json(await c.req.json()));
    const echo = createAdaptorServer({ fetch: hono.fetch }).listen(0, "127.0.0.1");
    await once(echo, "listening");
    return (echo.address() as AddressInfo).port;
  }
  const { service, runtime } = await targetOf(options);
  const server = await serve({
    exports: { default: service },
    runtime,
    host: "127.0.0.1",
    port: 0,
    environment: {},
    ...(options.threads === undefined ? {} : { threads: options.threads }),
  });
  return server.port;
}

function startRefusals(): Promise<number> {
  const body = JSON.stringify({ error: "model net cannot answer within its latency limit" });
  const headers = ["content-type", "application/json", "retry-after", "1", "content-length"];
  const server = createServer((_, outgoing) => {
    outgoing.writeHead(503, [...headers, String(body.length)]);
    outgoing.end(body);
  });
  return new Promise((resolve) => {
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      resolve(typeof address === "object" && address !== null ? address.port : 0);
    });
  });
}
