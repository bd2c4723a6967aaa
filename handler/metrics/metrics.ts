/**
 * What a server counts, under the names that BentoML's dashboards know: requests by route, and beside them what its
 * batchers do. A route is the one that matched, so that no scanner of paths can make series without end.
 *
 * @module
 */
import {
  type Family,
  type Histogram,
  histogramFamily,
  type NumberSeries,
  numberFamily,
  type Series,
} from "./series.ts";

export interface MetricsOptions {
  /** First part of every name. @default "bentoml" */
  readonly namespace?: string;
  /** Upper bounds for the duration of requests, in seconds, ascending. @default 5 ms to 180 s */
  readonly durationBuckets?: readonly number[];
}

/** BentoML's own since 1.4. */
const DURATION_SECONDS = [
  0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 180,
];
const RUN_SECONDS = [
  0.0001, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10,
];

/** One route's requests. */
export interface RouteMetrics {
  begin(): void;
  /** Follows each {@link RouteMetrics.begin} once. */
  end(status: number, durationMs: number): void;
}

/** How one batcher looks when metrics are read; those of A batch loop's snapshot. */
export interface BatchGauges {
  readonly queuedRows: number;
  readonly running: number;
  readonly plannedRows?: number | undefined;
  /** Requests a millisecond. */
  readonly arrivalRate?: number | undefined;
  readonly alphaMs?: number | undefined;
  readonly betaMs?: number | undefined;
  readonly spread?: number | undefined;
}

export interface EndedBatch {
  readonly rows: number;
  readonly padding?: number;
  /** Of the oldest row. */
  readonly queueWaitMs: number;
  readonly durationMs: number;
}

/** One batcher's work; fits a batch loop's observer. */
export interface BatchMetrics {
  batchEnded(batch: EndedBatch): void;
  rejected(reason: string): void;
  bisected(): void;
  cancelled(where: string): void;
  /** Asked each time that metrics are read. */
  gauges(read: () => BatchGauges): void;
}

export interface Metrics {
  route(endpoint: string): RouteMetrics;
  /**
   * @param runner - what the rows go to: a model's key, or an api's name
   * @param maxBatchSize - most rows of a batch
   */
  batcher(runner: string, maxBatchSize: number): BatchMetrics;
  /** The exposition format, version 0.0.4. */
  write(): string;
}

export interface CreateMetricsOptions extends MetricsOptions {
  readonly serviceName: string;
  readonly serviceVersion: string;
}

export function createMetrics(options: CreateMetricsOptions): Metrics {
  const { namespace = "bentoml" } = options;
  const service = { service_name: options.serviceName, service_version: options.serviceVersion };
  const families: { write(): string }[] = [];
  const numbers = (kind: "counter" | "gauge", name: string, help: string) =>
    keep(families, numberFamily({ name: `${namespace}_${name}`, help, kind }));
  const times = (name: string, help: string, bounds: readonly number[]) =>
    keep(
      families,
      histogramFamily({ name: `${namespace}_${name}`, help, kind: "histogram" }, bounds),
    );
  const total = numbers("counter", "request_total", "Requests answered.");
  const duration = times(
    "request_duration_seconds",
    "Time from a request to its answer.",
    options.durationBuckets ?? DURATION_SECONDS,
  );
  const inProgress = numbers("gauge", "request_in_progress", "Requests without an answer yet.");
  const batchers = batcherFamilies(numbers, times);
  return {
    route: (endpoint) =>
      routeMetrics({ total, duration, inProgress, labels: { endpoint, ...service } }),
    batcher(runner, maxBatchSize) {
      const sizes = histogramFamily(
        {
          name: `${namespace}_runner_adaptive_batch_size`,
          help: "Rows of each batch.",
          kind: "histogram",
        },
        powersUpTo(maxBatchSize),
      );
      return batchMetrics({
        batchers,
        sizes: keepIn(batchers.sizes, sizes),
        labels: { runner_name: runner, ...service },
      });
    },
    write() {
      batchers.read();
      return [...families, headOnce(batchers.sizes)].map((one) => one.write()).join("");
    },
  };
}

type Route = {
  readonly total: Family<NumberSeries>;
  readonly duration: Family<Histogram>;
  readonly inProgress: Family<NumberSeries>;
  readonly labels: Readonly<Record<string, string>>;
};

function routeMetrics({ total, duration, inProgress, labels }: Route): RouteMetrics {
  const working = inProgress.with(labels);
  const known = new Map<number, { readonly total: NumberSeries; readonly duration: Histogram }>();
  const of = (status: number) => {
    const all = { ...labels, http_response_code: String(status) };
    const made = { total: total.with(all), duration: duration.with(all) };
    known.set(status, made);
    return made;
  };
  of(200); // from the start, so that a rate can be had of the first request
  of(500);
  return {
    begin() {
      working.value += 1;
    },
    end(status, durationMs) {
      const series = known.get(status) ?? of(status);
      working.value -= 1;
      series.total.value += 1;
      series.duration.observe(durationMs / 1000);
    },
  };
}

type MakeNumbers = (kind: "counter" | "gauge", name: string, help: string) => Family<NumberSeries>;
type MakeTimes = (name: string, help: string, bounds: readonly number[]) => Family<Histogram>;

function batcherFamilies(numbers: MakeNumbers, times: MakeTimes) {
  const readers: (() => void)[] = [];
  return {
    sizes: [] as Family<Histogram>[],
    queueWait: times(
      "runner_queue_wait_seconds",
      "Longest wait in each batch for its start.",
      RUN_SECONDS,
    ),
    modelTime: times("runner_batch_duration_seconds", "Run time of each batch.", RUN_SECONDS),
    padding: numbers("counter", "runner_padding_rows_total", "Units that only filled batches up."),
    rejects: numbers("counter", "runner_rejected_total", "Requests refused on arrival."),
    bisected: numbers(
      "counter",
      "runner_bisected_total",
      "Failed batches that were run again in halves.",
    ),
    cancelled: numbers("counter", "runner_cancelled_total", "Requests whose callers went away."),
    queueRows: numbers("gauge", "runner_queue_rows", "Rows that wait for a batch."),
    running: numbers("gauge", "runner_running_batches", "Batches at work."),
    planned: numbers(
      "gauge",
      "runner_planned_batch_rows",
      "Rows of the batches that are planned for.",
    ),
    arrivals: numbers("gauge", "runner_arrival_rate", "Requests a second, as estimated."),
    alpha: numbers("gauge", "runner_alpha_seconds", "Fixed time of a batch, as estimated."),
    beta: numbers("gauge", "runner_beta_seconds", "Time of each row in a batch, as estimated."),
    spread: numbers(
      "gauge",
      "runner_cost_spread",
      "Spread of run times, as a share of what was expected.",
    ),
    readers,
    read: () => {
      for (const reader of readers) {
        reader();
      }
    },
  };
}

interface BatcherParts {
  readonly batchers: ReturnType<typeof batcherFamilies>;
  readonly sizes: Family<Histogram>;
  readonly labels: Readonly<Record<string, string>>;
}

function batchMetrics({ batchers, sizes, labels }: BatcherParts): BatchMetrics {
  const size = sizes.with(labels);
  const queueWait = batchers.queueWait.with(labels);
  const modelTime = batchers.modelTime.with(labels);
  const padding = batchers.padding.with(labels);
  const rejects = new Map<string, NumberSeries>();
  return {
    batchEnded({ rows, padding: padded = 0, queueWaitMs, durationMs }) {
      size.observe(rows);
      queueWait.observe(queueWaitMs / 1000);
      modelTime.observe(durationMs / 1000);
      padding.value += padded;
    },
    rejected(reason) {
      let count = rejects.get(reason);
      if (count === undefined) {
        count = batchers.rejects.with({ ...labels, reason });
        rejects.set(reason, count);
      }
      count.value += 1;
    },
    bisected() {
      batchers.bisected.with(labels).value += 1;
    },
    cancelled(where) {
      batchers.cancelled.with({ ...labels, where }).value += 1;
    },
    gauges(read) {
      batchers.readers.push(() => {
        const now = read();
        const set = (family: Family<NumberSeries>, value: number | undefined) => {
          if (value !== undefined) {
            family.with(labels).value = value;
          }
        };
        set(batchers.queueRows, now.queuedRows);
        set(batchers.running, now.running);
        set(batchers.planned, now.plannedRows);
        set(batchers.arrivals, now.arrivalRate === undefined ? undefined : 1000 * now.arrivalRate);
        set(batchers.alpha, now.alphaMs === undefined ? undefined : now.alphaMs / 1000);
        set(batchers.beta, now.betaMs === undefined ? undefined : now.betaMs / 1000);
        set(batchers.spread, now.spread);
      });
    },
  };
}

/** 1, 2, 4 … below the cap, then the cap: BentoML's own. */
function powersUpTo(cap: number): number[] {
  const bounds: number[] = [];
  for (let size = 1; size < cap; size *= 2) {
    bounds.push(size);
  }
  return [...bounds, cap];
}

/** Families of one name with buckets of their own share one head. */
function headOnce(families: readonly Family<Series>[]): { write(): string } {
  return {
    write: () =>
      families
        .map((one, index) =>
          index === 0 ? one.write() : one.write().replace(/^(?:#[^\n]*\n)+/, ""),
        )
        .join(""),
  };
}

function keep<T>(list: { write(): string }[], item: T & { write(): string }): T {
  list.push(item);
  return item;
}

function keepIn<T>(list: T[], item: T): T {
  list.push(item);
  return item;
}
