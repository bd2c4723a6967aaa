import { describe, expect, it } from "vitest";
import type { Timers } from "../../../handler/clock.ts";
import { sendEmbedded } from "../../../handler/metrics/send-embedded.ts";

/** One timer at a time, moved by hand. */
function handTimers() {
  let due: { readonly delayMs: number; readonly wake: () => void } | undefined;
  const timers: Timers = {
    immediate: () => () => {},
    after(delayMs, wake) {
      due = { delayMs, wake };
      return () => {
        due = undefined;
      };
    },
  };
  return {
    timers,
    get isWaiting() {
      return due !== undefined;
    },
    /** @returns how long it was waited for, in milliseconds */
    pass() {
      const { delayMs, wake } = due ?? { delayMs: 0, wake: () => {} };
      due = undefined;
      wake();
      return delayMs;
    },
  };
}

function stand() {
  const lines: Record<string, unknown>[] = [];
  const hand = handTimers();
  const sent = sendEmbedded({
    write: (line) => void lines.push(JSON.parse(line)),
    now: () => 1_700_000_000_000,
    timers: hand.timers,
  });
  const metrics = sent.create({ serviceName: "iris", serviceVersion: "v1" });
  return { lines, hand, sent, metrics };
}

describe("sendEmbedded", () => {
  it("looks every second how many rows wait, and writes a line every ten", () => {
    const { lines, hand, sent, metrics } = stand();
    let queuedRows = 0;
    metrics.batcher("iris", 32).gauges(() => ({ queuedRows: queuedRows++, running: 0 }));
    sent.begin();
    let waitedMs = 0;
    while (lines.length < 2) {
      waitedMs += hand.pass();
    }
    expect(waitedMs).toBe(20_000);
    expect(lines.map((line) => line["bentoml_runner_queue_rows"])).toEqual([
      [0, 1, 2, 3, 4, 5, 6, 7, 8, 9],
      [10, 11, 12, 13, 14, 15, 16, 17, 18, 19],
    ]);
  });

  it("writes what is left at the end, and nothing after it", () => {
    const { lines, hand, sent, metrics } = stand();
    sent.begin();
    hand.pass();
    const route = metrics.route("/classify");
    route.begin();
    route.end(200, 5);
    sent.end();
    expect(lines).toMatchObject([{ endpoint: "/classify", bentoml_request_total: 1 }]);
    expect(hand.isWaiting).toBe(false);
    sent.end();
    expect(lines).toHaveLength(1);
  });

  it("counts the same for Prometheus", () => {
    const { lines, sent, metrics } = stand();
    const route = metrics.route("/classify");
    const batcher = metrics.batcher("iris", 32);
    route.begin();
    batcher.gauges(() => ({ queuedRows: 7, running: 1 }));
    batcher.batchEnded({ rows: 3, queueWaitMs: 1, durationMs: 5 });
    batcher.rejected("queue-full");
    batcher.cancelled("queue");
    batcher.bisected();
    route.end(200, 12);
    const text = metrics.write();
    sent.end();
    const service = 'service_name="iris",service_version="v1"';
    for (const line of [
      `bentoml_request_total{endpoint="/classify",${service},http_response_code="200"} 1`,
      `bentoml_runner_queue_rows{runner_name="iris",${service}} 7`,
      `bentoml_runner_rejected_total{runner_name="iris",${service},reason="queue-full"} 1`,
      `bentoml_runner_cancelled_total{runner_name="iris",${service},where="queue"} 1`,
      `bentoml_runner_bisected_total{runner_name="iris",${service}} 1`,
      `bentoml_runner_adaptive_batch_size_sum{runner_name="iris",${service}} 3`,
    ]) {
      expect(text.split("\n")).toContain(line);
    }
    expect(lines).toMatchObject([
      {
        bentoml_request_total: 1,
        bentoml_runner_queue_rows: 7,
        bentoml_runner_rejected_total: 1,
        bentoml_runner_cancelled_total: 1,
        bentoml_runner_bisected_total: 1,
        bentoml_runner_adaptive_batch_size: 3,
      },
    ]);
  });
});
