import { describe, expect, it } from "vitest";
import { embeddedMetrics } from "../../../handler/metrics/embedded-metrics.ts";

function stand() {
  const lines: unknown[] = [];
  const embedded = embeddedMetrics({
    write: (line) => void lines.push(JSON.parse(line)),
    now: () => 1_700_000_000_000,
  });
  const metrics = embedded.create({ serviceName: "iris", serviceVersion: "v1" });
  return { lines, embedded, metrics };
}

describe("embeddedMetrics", () => {
  it("writes a line that CloudWatch makes metrics of", () => {
    const { lines, embedded, metrics } = stand();
    const route = metrics.route("/classify");
    const batcher = metrics.batcher("iris", 32);
    route.begin();
    batcher.batchEnded({ rows: 3, queueWaitMs: 1, durationMs: 5 });
    route.end(200, 12);
    embedded.flush();
    expect(lines).toMatchInlineSnapshot(`
      [
        {
          "_aws": {
            "CloudWatchMetrics": [
              {
                "Dimensions": [
                  [
                    "service_name",
                    "endpoint",
                  ],
                ],
                "Metrics": [
                  {
                    "Name": "bentoml_request_in_progress",
                    "Unit": "Count",
                  },
                ],
                "Namespace": "bentoml",
              },
              {
                "Dimensions": [
                  [
                    "service_name",
                    "runner_name",
                  ],
                ],
                "Metrics": [
                  {
                    "Name": "bentoml_runner_adaptive_batch_size",
                    "Unit": "Count",
                  },
                  {
                    "Name": "bentoml_runner_queue_wait_seconds",
                    "Unit": "Seconds",
                  },
                  {
                    "Name": "bentoml_runner_batch_duration_seconds",
                    "Unit": "Seconds",
                  },
                ],
                "Namespace": "bentoml",
              },
              {
                "Dimensions": [
                  [
                    "service_name",
                    "endpoint",
                    "http_response_code",
                  ],
                  [
                    "service_name",
                    "http_response_code",
                  ],
                  [
                    "service_name",
                  ],
                ],
                "Metrics": [
                  {
                    "Name": "bentoml_request_total",
                    "Unit": "Count",
                  },
                  {
                    "Name": "bentoml_request_duration_seconds",
                    "Unit": "Seconds",
                  },
                ],
                "Namespace": "bentoml",
              },
            ],
            "Timestamp": 1700000000000,
          },
          "bentoml_request_duration_seconds": 0.012,
          "bentoml_request_in_progress": 1,
          "bentoml_request_total": 1,
          "bentoml_runner_adaptive_batch_size": 3,
          "bentoml_runner_batch_duration_seconds": 0.005,
          "bentoml_runner_queue_wait_seconds": 0.001,
          "endpoint": "/classify",
          "http_response_code": "200",
          "runner_name": "iris",
          "service_name": "iris",
          "service_version": "v1",
        },
      ]
    `);
  });

  it("writes nothing when nothing was counted, gauges notwithstanding", () => {
    const { lines, embedded, metrics } = stand();
    metrics.batcher("iris", 32).gauges(() => ({ queuedRows: 0, running: 0 }));
    embedded.flush();
    expect(lines).toEqual([]);
  });

  it("writes lines of their own for labels of another value, and no more", () => {
    const { lines, embedded, metrics } = stand();
    for (const [endpoint, status] of [
      ["/a", 200],
      ["/a", 200],
      ["/b", 503],
    ] as const) {
      const route = metrics.route(endpoint);
      route.begin();
      route.end(status, 1000);
    }
    embedded.flush();
    expect(lines).toMatchObject([
      {
        endpoint: "/a",
        http_response_code: "200",
        bentoml_request_total: 2,
        bentoml_request_duration_seconds: [1, 1],
      },
      {
        endpoint: "/b",
        http_response_code: "503",
        bentoml_request_total: 1,
        bentoml_request_duration_seconds: 1,
      },
    ]);
  });

  it("tells of every moment that it was asked to look at, also when nothing was counted", () => {
    const { lines, embedded, metrics } = stand();
    const queuedRows = [4, 0, 9];
    metrics
      .batcher("iris", 32)
      .gauges(() => ({ queuedRows: queuedRows.shift() ?? 0, running: 1, alphaMs: 2 }));
    embedded.sample();
    embedded.sample();
    embedded.flush();
    expect(lines).toMatchObject([
      {
        bentoml_runner_queue_rows: [4, 0, 9],
        bentoml_runner_running_batches: [1, 1, 1],
        bentoml_runner_alpha_seconds: 0.002,
      },
    ]);
    embedded.flush();
    expect(lines).toHaveLength(1);
  });

  it("looks at gauges no oftener where more is counted: averages over processes stay true", () => {
    const { lines, embedded, metrics } = stand();
    const batcher = metrics.batcher("iris", 32);
    let looks = 0;
    batcher.gauges(() => {
      looks += 1;
      return { queuedRows: looks, running: 0 };
    });
    for (let index = 0; index < 250; index += 1) {
      batcher.batchEnded({ rows: 1, queueWaitMs: 0, durationMs: 1 });
    }
    expect(looks).toBe(0);
    embedded.flush();
    const told = lines.map((line) => Object(line)["bentoml_runner_queue_rows"]);
    expect(told).toEqual([undefined, undefined, 1]);
  });

  it.each(["/livez", "/readyz", "/healthz", "/metrics"])("counts no request for %s", (path) => {
    const { lines, embedded, metrics } = stand();
    const route = metrics.route(path);
    route.begin();
    route.end(503, 1);
    embedded.flush();
    expect(lines).toEqual([]);
  });

  it("never puts more than 100 values in a line", () => {
    const { lines, embedded, metrics } = stand();
    const route = metrics.route("/a");
    for (let index = 0; index < 250; index += 1) {
      route.begin();
      route.end(200, 1);
    }
    embedded.flush();
    expect(lines).toMatchObject([
      { bentoml_request_total: 100, bentoml_request_duration_seconds: { length: 100 } },
      { bentoml_request_total: 100 },
      { bentoml_request_total: 50, bentoml_request_duration_seconds: { length: 50 } },
    ]);
  });

  it("names rejects by their reason, and gauges as they are when it writes", () => {
    const { lines, embedded, metrics } = stand();
    const batcher = metrics.batcher("iris", 32);
    batcher.rejected("full");
    batcher.cancelled("queue");
    batcher.bisected();
    batcher.gauges(() => ({ queuedRows: 7, running: 1, arrivalRate: 0.5, alphaMs: 2 }));
    embedded.flush();
    expect(lines).toMatchObject([
      {
        runner_name: "iris",
        reason: "full",
        where: "queue",
        bentoml_runner_rejected_total: 1,
        bentoml_runner_cancelled_total: 1,
        bentoml_runner_bisected_total: 1,
        bentoml_runner_queue_rows: 7,
        bentoml_runner_arrival_rate: 500,
        bentoml_runner_alpha_seconds: 0.002,
      },
    ]);
  });
});
