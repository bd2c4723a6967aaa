/**
 * What a server counts, as lines of JSON that CloudWatch makes metrics of: the names are those of the exposition format. A
 * line holds what has been counted since the last one, times and sizes one by one, so that percentiles can be had of them.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html, read 2026-11
 *
 * @module
 */
import type {
  BatchGauges,
  BatchMetrics,
  CreateMetricsOptions,
  Metrics,
  RouteMetrics,
} from "./metrics.ts";

export interface EmbeddedMetrics {
  readonly create: (options: CreateMetricsOptions) => Metrics;
  /** Counts how loaded each batcher is now: rows that wait, batches at work. */
  sample(): void;
  /** Writes a line of what was counted since the last one, and of gauges as they are; none where nothing was counted. */
  flush(): void;
}

export interface EmbeddedMetricsOptions {
  /** Takes lines, ends included. */
  readonly write: (line: string) => void;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/** Most values of one metric in a line. */
const MAX_VALUES = 100;
/** What platforms ask by themselves, over and over: no requests of the service's. */
const PROBES: readonly string[] = ["/livez", "/readyz", "/healthz", "/metrics"];
const UNCOUNTED: RouteMetrics = { begin: () => {}, end: () => {} };

type Unit = "Seconds" | "Count" | "None";

interface Gauge {
  readonly name: string;
  readonly unit: Unit;
  readonly value: number | undefined;
}

interface Group {
  /** Labels, all of them dimensions. */
  readonly labels: Readonly<Record<string, string>>;
  /** Names of labels by which its metrics are told apart, beside each other. */
  readonly sets: readonly (readonly string[])[];
  readonly metrics: Map<string, { readonly unit: Unit; readonly values: number[] }>;
}

export function embeddedMetrics({ write, now }: EmbeddedMetricsOptions): EmbeddedMetrics {
  let source: MetricsSource | undefined;
  const writeCounted = () => {
    for (const line of source?.lines(now()) ?? []) {
      write(`${JSON.stringify(line)}\n`);
    }
  };
  return {
    create(options) {
      source = new MetricsSource(options, writeCounted);
      return source;
    },
    sample: () => source?.read("load"),
    flush() {
      if (source?.hasCounted === true) {
        source.read("all");
        writeCounted();
      }
    },
  };
}

class MetricsSource implements Metrics {
  readonly #options: CreateMetricsOptions;
  readonly #prefix: string;
  readonly #onFull: () => void;
  readonly #groups = new Map<string, Group>();
  /** Of what stands now. Only who writes by the clock asks them: as often as a busy process writes, they would tell of it alone. */
  readonly #readers: ((what: "load" | "all") => void)[] = [];

  constructor(options: CreateMetricsOptions, onFull: () => void) {
    this.#options = options;
    this.#prefix = `${options.namespace ?? "bentoml"}_`;
    this.#onFull = onFull;
  }

  route(endpoint: string): RouteMetrics {
    if (PROBES.includes(endpoint)) {
      return UNCOUNTED;
    }
    let working = 0;
    let most = 0;
    const own = this.#group({ endpoint }, [["service_name", "endpoint"]]);
    this.#readers.push((what) => {
      if (what === "all" && most > 0) {
        this.#add(own, { name: "request_in_progress", unit: "Count", value: most });
        most = working;
      }
    });
    return {
      begin: () => {
        working += 1;
        most = Math.max(most, working);
      },
      end: (status, durationMs) => {
        working -= 1;
        const labels = { endpoint, http_response_code: String(status) };
        const group = this.#group(labels, [
          ["service_name", ...Object.keys(labels)],
          // Alarms cannot add up over paths by themselves.
          ["service_name", "http_response_code"],
          ["service_name"],
        ]);
        this.#count(group, "request_total");
        const value = durationMs / 1000;
        this.#add(group, { name: "request_duration_seconds", unit: "Seconds", value });
      },
    };
  }

  batcher(runner: string): BatchMetrics {
    const labels = { runner_name: runner };
    const own = this.#group(labels, [["service_name", "runner_name"]]);
    const beside = (label: string, value: string) =>
      this.#group({ ...labels, [label]: value }, [["service_name", "runner_name", label]]);
    return {
      batchEnded: ({ rows, padding = 0, queueWaitMs, durationMs }) => {
        const seconds = (name: string, ms: number) =>
          this.#add(own, { name, unit: "Seconds", value: ms / 1000 });
        this.#add(own, { name: "runner_adaptive_batch_size", unit: "Count", value: rows });
        seconds("runner_queue_wait_seconds", queueWaitMs);
        seconds("runner_batch_duration_seconds", durationMs);
        if (padding > 0) {
          this.#count(own, "runner_padding_rows_total", padding);
        }
      },
      rejected: (reason) => this.#count(beside("reason", reason), "runner_rejected_total"),
      bisected: () => this.#count(own, "runner_bisected_total"),
      cancelled: (where) => this.#count(beside("where", where), "runner_cancelled_total"),
      gauges: (read) => {
        this.#readers.push((what) => {
          const now = read();
          this.#readLoad(own, now);
          if (what === "all") {
            this.#readEstimates(own, now);
          }
        });
      },
    };
  }

  /** Nothing is read from here: lines go out by themselves. */
  write(): string {
    return "# these metrics are in the log, in the embedded metric format\n";
  }

  get hasCounted(): boolean {
    return [...this.#groups.values()].some(({ metrics }) => metrics.size > 0);
  }

  /** @param what - the load of batchers alone, or every gauge */
  read(what: "load" | "all"): void {
    for (const reader of this.#readers) {
      reader(what);
    }
  }

  /** What was counted, to be counted anew. */
  lines(timestamp: number): readonly object[] {
    const groups = [...this.#groups.values()].filter(({ metrics }) => metrics.size > 0);
    const lines = packed(groups).map((own) => this.#lineOf(own, timestamp));
    for (const { metrics } of groups) {
      metrics.clear();
    }
    return lines;
  }

  #lineOf(groups: readonly Group[], timestamp: number): object {
    const { namespace = "bentoml", serviceName, serviceVersion } = this.#options;
    const directives = groups.map(({ sets, metrics }) => ({
      Namespace: namespace,
      Dimensions: sets,
      Metrics: [...metrics].map(([name, { unit }]) => ({ Name: name, Unit: unit })),
    }));
    const values = groups.flatMap(({ metrics }) =>
      [...metrics].map(([name, metric]) => [
        name,
        metric.values.length === 1 ? metric.values[0] : metric.values,
      ]),
    );
    return {
      _aws: { Timestamp: timestamp, CloudWatchMetrics: directives },
      service_name: serviceName,
      service_version: serviceVersion,
      ...Object.assign({}, ...groups.map(({ labels }) => labels)),
      ...Object.fromEntries(values),
    };
  }

  #group(labels: Group["labels"], sets: Group["sets"]): Group {
    const key = JSON.stringify(labels);
    const group = this.#groups.get(key) ?? { labels, sets, metrics: new Map() };
    this.#groups.set(key, group);
    return group;
  }

  #count(group: Group, name: string, by = 1): void {
    const { values } = this.#metric(group, name, "Count");
    values[0] = (values[0] ?? 0) + by;
  }

  #add(group: Group, { name, unit, value }: { name: string; unit: Unit; value: number }): void {
    const { values } = this.#metric(group, name, unit);
    values.push(value);
    if (values.length >= MAX_VALUES) {
      this.#onFull();
    }
  }

  #metric({ metrics }: Group, name: string, unit: Unit) {
    const full = this.#prefix + name;
    const metric = metrics.get(full) ?? { unit, values: [] };
    metrics.set(full, metric);
    return metric;
  }

  #readLoad(group: Group, { queuedRows, running }: BatchGauges): void {
    this.#set(group, { name: "runner_queue_rows", unit: "Count", value: queuedRows });
    this.#set(group, { name: "runner_running_batches", unit: "Count", value: running });
  }

  #readEstimates(group: Group, now: BatchGauges): void {
    const set = (name: string, unit: Unit, value: number | undefined) =>
      this.#set(group, { name, unit, value });
    const seconds = (ms: number | undefined) => (ms === undefined ? undefined : ms / 1000);
    const { arrivalRate } = now;
    set("runner_planned_batch_rows", "Count", now.plannedRows);
    set("runner_arrival_rate", "None", arrivalRate === undefined ? undefined : 1000 * arrivalRate);
    set("runner_alpha_seconds", "Seconds", seconds(now.alphaMs));
    set("runner_beta_seconds", "Seconds", seconds(now.betaMs));
    set("runner_cost_spread", "None", now.spread);
  }

  #set(group: Group, { name, unit, value }: Gauge): void {
    if (value !== undefined) {
      this.#metric(group, name, unit).values.push(value);
    }
  }
}

/** As few lines as hold all groups: in a line, a name has one value. */
function packed(groups: readonly Group[]): Group[][] {
  const lines: { readonly groups: Group[]; readonly taken: Map<string, string | undefined> }[] = [];
  for (const group of groups) {
    const names: (readonly [string, string | undefined])[] = [
      ...Object.entries(group.labels),
      ...[...group.metrics.keys()].map((name) => [name, undefined] as const),
    ];
    const fits = (taken: Map<string, string | undefined>) =>
      names.every(
        ([name, value]) => !taken.has(name) || (value !== undefined && taken.get(name) === value),
      );
    let line = lines.find(({ taken }) => fits(taken));
    if (line === undefined) {
      line = { groups: [], taken: new Map() };
      lines.push(line);
    }
    line.groups.push(group);
    for (const [name, value] of names) {
      line.taken.set(name, value);
    }
  }
  return lines.map((line) => line.groups);
}
