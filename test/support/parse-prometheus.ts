/**
 * Reads Prometheus' text format 0.0.4 by its grammar, and refuses what the format forbids: samples without a type, a name
 * whose head comes twice, a series that comes twice, histograms that do not add up.
 *
 * @module
 */

export interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

export interface MetricFamily {
  readonly type: string;
  readonly help: string;
  readonly samples: readonly Sample[];
}

const SAMPLE = /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (\S+)$/;
const LABEL = /([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\[\\n"])*)"(?:,|$)/y;

export function parsePrometheus(text: string): Map<string, MetricFamily> {
  const families = new Map<string, { type: string; help: string; samples: Sample[] }>();
  const seen = new Set<string>();
  if (!text.endsWith("\n")) {
    throw new Error("the last line has no line feed");
  }
  for (const line of text.slice(0, -1).split("\n")) {
    const head = /^# (HELP|TYPE) (\S+) (.+)$/.exec(line);
    if (head !== null) {
      const [, kind, name = "", rest = ""] = head;
      const known = families.get(name);
      if (kind === "HELP" && known !== undefined) {
        throw new Error(`a second head of ${name}`);
      }
      families.set(
        name,
        kind === "HELP"
          ? { type: "", help: rest, samples: [] }
          : { ...known, type: rest, help: known?.help ?? "", samples: [] },
      );
      continue;
    }
    const sample = readSample(line);
    const key = `${sample.name}${JSON.stringify(sample.labels)}`;
    const family =
      families.get(sample.name) ?? families.get(sample.name.replace(/_(?:bucket|sum|count)$/, ""));
    if (family === undefined || family.type === "" || seen.has(key)) {
      throw new Error(`out of place: ${line}`);
    }
    seen.add(key);
    family.samples.push(sample);
  }
  for (const [name, family] of families) {
    checkHistogram(name, family);
  }
  return families;
}

function readSample(line: string): Sample {
  const [, name = "", inner = "", number = ""] = SAMPLE.exec(line) ?? [];
  const value = number === "+Inf" ? Number.POSITIVE_INFINITY : Number(number);
  if (name === "" || Number.isNaN(value)) {
    throw new Error(`no sample: ${line}`);
  }
  const labels: Record<string, string> = {};
  LABEL.lastIndex = 0;
  for (let at = 0; at < inner.length; at = LABEL.lastIndex) {
    const found = LABEL.exec(inner);
    if (found === null || found.index !== at) {
      throw new Error(`no label at ${at}: ${line}`);
    }
    labels[found[1] ?? ""] = (found[2] ?? "").replace(/\\(.)/g, (_, c: string) =>
      c === "n" ? "\n" : c,
    );
  }
  return { name, labels, value };
}

function checkHistogram(name: string, { type, samples }: MetricFamily): void {
  if (type !== "histogram") {
    return;
  }
  const groups = Map.groupBy(samples, ({ labels: { le, ...rest } }) => JSON.stringify(rest));
  for (const group of groups.values()) {
    const buckets = group.filter((sample) => sample.name === `${name}_bucket`);
    const count = group.find((sample) => sample.name === `${name}_count`)?.value;
    const falls = buckets.some(({ value }, index) => value < (buckets[index - 1]?.value ?? 0));
    if (falls || buckets.at(-1)?.labels["le"] !== "+Inf" || buckets.at(-1)?.value !== count) {
      throw new Error(`buckets of ${name} do not add up`);
    }
  }
}
