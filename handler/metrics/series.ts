/**
 * Counters and histograms of one process, written as Prometheus reads them. A label's value is looked up once, when a
 * series is made; counting is an addition.
 *
 * @module
 */

export type Labels = Readonly<Record<string, string>>;

export interface Series {
  /** Lines of the exposition format. */
  write(): string;
}

/** Goes up only, or, as a gauge, is set. */
export interface NumberSeries extends Series {
  value: number;
}

export interface Histogram extends Series {
  observe(value: number): void;
}

export interface FamilyOptions {
  readonly name: string;
  readonly help: string;
  readonly kind: "counter" | "gauge" | "histogram";
}

/** All series of one name. */
export interface Family<S extends Series> {
  readonly options: FamilyOptions;
  /** The series of these labels, made when it is not there. */
  with(labels: Labels): S;
  /** Its lines, head included; nothing without series. */
  write(): string;
}

export function numberFamily(options: FamilyOptions): Family<NumberSeries> {
  return family(options, (labels) => ({
    value: 0,
    write() {
      return `${options.name}${formatLabels(labels)} ${formatNumber(this.value)}\n`;
    },
  }));
}

/** @param bounds - upper bounds of the buckets, ascending; infinity is added */
export function histogramFamily(
  options: FamilyOptions,
  bounds: readonly number[],
): Family<Histogram> {
  return family(options, (labels) => histogram(options.name, labels, bounds));
}

function family<S extends Series>(
  options: FamilyOptions,
  create: (labels: Labels) => S,
): Family<S> {
  const series = new Map<string, S>();
  return {
    options,
    with(labels) {
      const key = formatLabels(labels);
      const known = series.get(key) ?? create(labels);
      series.set(key, known);
      return known;
    },
    write() {
      const lines = [...series.values()].map((one) => one.write()).join("");
      const { name, help, kind } = options;
      return lines === "" ? "" : `# HELP ${name} ${help}\n# TYPE ${name} ${kind}\n${lines}`;
    },
  };
}

function histogram(name: string, labels: Labels, bounds: readonly number[]): Histogram {
  const counts = new Float64Array(bounds.length + 1);
  let sum = 0;
  return {
    observe(value) {
      let index = 0;
      while (index < bounds.length && value > (bounds[index] ?? 0)) {
        index += 1;
      }
      counts[index] = (counts[index] ?? 0) + 1;
      sum += value;
    },
    write() {
      let total = 0;
      const lines = Array.from(counts, (count, index) => {
        total += count;
        const le = formatNumber(bounds[index] ?? Number.POSITIVE_INFINITY);
        return `${name}_bucket${formatLabels({ ...labels, le })} ${total}\n`;
      });
      const own = formatLabels(labels);
      return `${lines.join("")}${name}_sum${own} ${formatNumber(sum)}\n${name}_count${own} ${total}\n`;
    },
  };
}

function formatLabels(labels: Labels): string {
  const pairs = Object.entries(labels).map(([name, value]) => {
    const escaped = value.replaceAll("\\", "\\\\").replaceAll("\n", "\\n").replaceAll('"', '\\"');
    return `${name}="${escaped}"`;
  });
  return pairs.length === 0 ? "" : `{${pairs.join(",")}}`;
}

function formatNumber(value: number): string {
  return value === Number.POSITIVE_INFINITY ? "+Inf" : String(value);
}
