import { describe, expect, it } from "vitest";
import { createMetrics } from "../../handler/metrics/metrics.ts";
import { parsePrometheus } from "../support/parse-prometheus.ts";
import { parseByPython, skipWithoutPython } from "../support/python-prometheus.ts";
import { testApp } from "../support/test-app.ts";
import { flower, iris } from "./sample-services.ts";

const LABELS = { service_name: "test", service_version: "v1" };

describe("GET /metrics", () => {
  it("counts requests by the route that matched", async () => {
    const { app, post } = testApp(iris);
    await post("/area", { flower });
    await post("/area", {});
    await app.hono.request("/scanned/a");
    await app.hono.request("/scanned/b");
    const response = await app.hono.request("/metrics");
    expect(response.headers.get("content-type")).toBe("text/plain; version=0.0.4; charset=utf-8");
    const families = parsePrometheus(await response.text());
    const total = families.get("bentoml_request_total");
    expect(total?.type).toBe("counter");
    expect(total?.samples.filter(({ value }) => value > 0)).toEqual([
      {
        name: "bentoml_request_total",
        labels: { endpoint: "/area", ...LABELS, http_response_code: "200" },
        value: 1,
      },
      {
        name: "bentoml_request_total",
        labels: { endpoint: "/area", ...LABELS, http_response_code: "400" },
        value: 1,
      },
      {
        name: "bentoml_request_total",
        labels: { endpoint: "unmatched", ...LABELS, http_response_code: "404" },
        value: 2,
      },
    ]);
    expect(
      families
        .get("bentoml_request_in_progress")
        ?.samples.map(({ labels, value }) => [labels["endpoint"], value]),
    ).toEqual([
      ["/area", 0],
      ["unmatched", 0],
      ["/metrics", 1],
    ]);
    expect(families.get("bentoml_request_duration_seconds")?.type).toBe("histogram");
  });

  it("is not there when switched off", async () => {
    const { app } = testApp(iris, { metrics: false });
    expect((await app.hono.request("/metrics")).status).toBe(404);
  });
});

describe.skipIf(skipWithoutPython())("GET /metrics, read by Prometheus' own parser", () => {
  it("is the same to it as to us, after requests, batches and refusals", async () => {
    const { app, post } = testApp(iris, { metrics: { namespace: "we_ird" } });
    await Promise.all([1, 2, 3].map(() => post("/classify", { features: [flower] })));
    await post("/classify", {});
    await app.hono.request('/no"where\\\n');
    const text = await (await app.hono.request("/metrics")).text();
    const theirs = parseByPython(text);
    const ours = parsePrometheus(text);
    const flat = (samples: readonly { name: string; labels: object; value: number }[]) =>
      samples.map(({ name, labels, value }) => [name, labels, value]);
    expect(theirs.map(({ name, type, help, samples }) => [name, type, help, samples])).toEqual(
      [...ours].map(([name, { type, help, samples }]) => [
        type === "counter" ? name.replace(/_total$/, "") : name,
        type,
        help,
        flat(samples),
      ]),
    );
    expect(theirs.length).toBeGreaterThan(5);
  });

  it("escapes what stands in labels", () => {
    const serviceName = 'a"b\\c\nd';
    const metrics = createMetrics({ serviceName, serviceVersion: "v1" });
    metrics.batcher("iris", 3).batchEnded({ rows: 2, queueWaitMs: 1, durationMs: 2 });
    const names = parseByPython(metrics.write()).flatMap(({ samples }) =>
      samples.map(([, labels]) => labels["service_name"]),
    );
    expect(new Set(names)).toEqual(new Set([serviceName]));
  });
});

describe("createMetrics", () => {
  it("names all series by the namespace, and shows a batcher's work and state", () => {
    const metrics = createMetrics({
      namespace: "bentoml_service",
      serviceName: 'a"b',
      serviceVersion: "v1",
    });
    const iris = metrics.batcher("iris", 100);
    const small = metrics.batcher("small", 3);
    iris.batchEnded({ rows: 33, padding: 2, queueWaitMs: 3, durationMs: 40 });
    small.batchEnded({ rows: 3, queueWaitMs: 0, durationMs: 1 });
    iris.rejected("too-late");
    iris.bisected();
    iris.cancelled("queue");
    iris.gauges(() => ({
      queuedRows: 7,
      running: 1,
      plannedRows: 32,
      arrivalRate: 0.5,
      alphaMs: 3,
      betaMs: 1,
      spread: 0.1,
    }));
    const families = parsePrometheus(metrics.write());
    const of = (name: string) =>
      families
        .get(`bentoml_service_${name}`)
        ?.samples.map(({ labels, value }) => [labels["runner_name"], value]);
    expect([...families.keys()].every((name) => name.startsWith("bentoml_service_"))).toBe(true);
    expect(of("runner_rejected_total")).toEqual([["iris", 1]]);
    expect(of("runner_padding_rows_total")).toEqual([
      ["iris", 2],
      ["small", 0],
    ]);
    expect(of("runner_queue_rows")).toEqual([["iris", 7]]);
    expect(of("runner_arrival_rate")).toEqual([["iris", 500]]);
    expect(of("runner_alpha_seconds")).toEqual([["iris", 0.003]]);
    const sizes = families.get("bentoml_service_runner_adaptive_batch_size")?.samples ?? [];
    const buckets = (runner: string) =>
      sizes
        .filter(({ labels, name }) => labels["runner_name"] === runner && name.endsWith("_bucket"))
        .map(({ labels, value }) => [labels["le"], value]);
    expect(buckets("iris")).toEqual([
      ["1", 0],
      ["2", 0],
      ["4", 0],
      ["8", 0],
      ["16", 0],
      ["32", 0],
      ["64", 1],
      ["100", 1],
      ["+Inf", 1],
    ]);
    expect(buckets("small")).toEqual([
      ["1", 0],
      ["2", 0],
      ["3", 1],
      ["+Inf", 1],
    ]);
    expect(sizes[0]?.labels["service_name"]).toBe('a"b');
  });
});
