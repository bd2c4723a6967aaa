import { describe, expect, it } from "vitest";
import { type ServeOptions, serve } from "../../handler/serve.ts";
import { recordLog } from "../support/record-log.ts";
import { serviceThat } from "./sample-services.ts";

const ZEROS = `sha256:${"0".repeat(64)}` as const;

async function stand(
  run: () => unknown,
  environment: Record<string, string>,
  options: Partial<ServeOptions> = {},
) {
  const lines: Record<string, unknown>[] = [];
  const server = await serve({
    exports: { default: serviceThat(run) },
    runtime: { name: "one", version: "v1", digest: ZEROS, models: {} },
    environment,
    host: "127.0.0.1",
    port: 0,
    log: recordLog(),
    writeMetrics: (line) => void lines.push(JSON.parse(line)),
    now: () => 1_700_000_000_000,
    ...options,
  });
  return {
    server,
    lines,
    ask: (path: string, init?: RequestInit) => fetch(`${server.url}${path}`, init),
    [Symbol.asyncDispose]: () => server.close(),
  };
}

const CALL = { method: "POST", headers: { "content-type": "application/json" }, body: "{}" };

describe("serve", () => {
  it("writes what it counted for CloudWatch too when it ends, with BENTO_METRICS=emf", async () => {
    await using running = await stand(() => "went", { BENTO_METRICS: "emf" });
    await (await running.ask("/go", CALL)).text();
    await (await running.ask("/readyz")).text();
    const shown = await (await running.ask("/metrics")).text();
    await running.server.close();
    expect(shown).toContain('bentoml_request_total{endpoint="/go",');
    expect(running.lines).toMatchObject([
      {
        _aws: { Timestamp: 1_700_000_000_000 },
        service_name: "one",
        service_version: "v1",
        endpoint: "/go",
        http_response_code: "200",
        bentoml_request_total: 1,
      },
    ]);
  });

  it("writes nothing for CloudWatch otherwise", async () => {
    await using running = await stand(() => "went", {});
    await (await running.ask("/go", CALL)).text();
    await running.server.close();
    expect(running.lines).toEqual([]);
  });

  it("waits for requests at work no longer than BENTO_DRAIN_SECONDS", async () => {
    const begun = Promise.withResolvers<void>();
    const never = () => {
      begun.resolve();
      return new Promise(() => {});
    };
    await using running = await stand(never, { BENTO_DRAIN_SECONDS: "0" });
    const asked = running.ask("/go", CALL).catch((error: unknown) => error);
    await begun.promise;
    await running.server.close();
    expect(await asked).toMatchObject({ message: "fetch failed" });
  });

  it.each<[Record<string, string>, object]>([
    [
      { BENTO_METRICS: "statsd" },
      {
        message: 'metrics cannot go to "statsd"',
        where: "BENTO_METRICS",
        hint: "set it to emf for lines that CloudWatch reads, or leave it out: /metrics is there always",
      },
    ],
    [
      { BENTO_DRAIN_SECONDS: "9s" },
      { message: 'not a time to drain: "9s"', where: "BENTO_DRAIN_SECONDS" },
    ],
  ])("refuses %j before anything is loaded", async (environment, error) => {
    await expect(stand(() => 1, environment)).rejects.toMatchObject({
      code: "BENTO_INVALID_INPUT",
      ...error,
    });
  });
});
