/**
 * Measures the handler over HTTP against its ceilings and prints the table: `npm run bench`, `npm run bench -- --quick`,
 * `npm run bench -- --only iris`.
 *
 * @module
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { availableParallelism, cpus, tmpdir, totalmem } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { batcherCost } from "./batcher-cost.ts";
import { atMost, type Figure, figureOf, formatTable, verdictOf } from "./figures.ts";
import { startGenerator } from "./processes.ts";
import {
  type BenchContext,
  burst,
  goodputAndOverload,
  irisAgainstEcho,
  onAgainstOff,
} from "./scenarios.ts";
import type { Estimate } from "./statistics.ts";

const RESULTS = fileURLToPath(new URL("../results/", import.meta.url));
const COLD_START = fileURLToPath(new URL("../cold-start.ts", import.meta.url));

const { values } = parseArgs({
  options: { quick: { type: "boolean", default: false }, only: { type: "string" } },
});
const generator = await startGenerator();
const context: BenchContext = {
  generator,
  pairs: values.quick ? 3 : 7,
  trialMs: values.quick ? 400 : 1000,
};

const SCENARIOS: Readonly<Record<string, () => Promise<Figure[]>>> = {
  batcher: async () => batcherCost(),
  iris: () => irisAgainstEcho(context),
  "mlp-big": () =>
    goodputAndOverload(context, "mlp-big", { deadlineMs: 250, sizes: [32, 64, 128], least: 0.8 }),
  "mlp-big-on-off": () => onAgainstOff(context, "mlp-big", { connections: 128, least: 8 }),
  resnet18: () => onAgainstOff(context, "resnet18", { connections: 4, least: 0.98 }),
  burst: () => burst(context),
  cold: () => coldStart(values.quick ? 3 : 9),
  ...(values.quick
    ? {}
    : {
        "mlp-big-json": () =>
          goodputAndOverload(context, "mlp-big", { deadlineMs: 250, sizes: [64], kind: "json" }),
        minilm: () =>
          goodputAndOverload(context, "minilm", { deadlineMs: 250, sizes: [8, 16, 32] }),
        "gbdt-on-off": () => onAgainstOff(context, "gbdt", { connections: 64 }),
      }),
};

const figures: Figure[] = [];
for (const [name, scenario] of Object.entries(SCENARIOS)) {
  if (values.only === undefined || values.only.split(",").includes(name)) {
    process.stderr.write(`${name} …\n`);
    figures.push(...(await scenario()));
  }
}
await generator.close();
const table = formatTable(figures);
process.stdout.write(`${table}\n`);
if (values.only === undefined) {
  await writeResults();
}

async function writeResults(): Promise<void> {
  await mkdir(RESULTS, { recursive: true });
  const machine = `${availableParallelism()} × ${cpus()[0]?.model ?? "?"}, ${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.version}`;
  const run = values.quick ? "a quick run" : "a full run";
  const head = `# Over HTTP\n\nMade by \`npm run bench\`: ${run} on ${machine}. Ratios of paired trials, A B A B, with the bootstrap interval of\ntheir median; the generator of load runs in a process of its own on the same cores.\n`;
  await writeFile(join(RESULTS, "http.md"), `${head}\n${table}\n`);
  const judged = figures.map((figure) => ({ ...figure, verdict: verdictOf(figure) }));
  const json = { machine, quick: values.quick, figures: judged };
  await writeFile(join(RESULTS, "http.json"), `${JSON.stringify(json, undefined, 2)}\n`);
}

/** In a process of its own: it builds a bento first. */
async function coldStart(pairs: number): Promise<Figure[]> {
  if (!existsSync(COLD_START)) {
    return [];
  }
  const folder = await mkdtemp(join(tmpdir(), "bench-"));
  const out = join(folder, "cold.json");
  const args = [
    "--conditions=bentokit-source",
    "--no-warnings",
    COLD_START,
    "--pairs",
    String(pairs),
    "--out",
    out,
  ];
  try {
    const child = spawn(process.execPath, args, { stdio: ["ignore", "ignore", "inherit"] });
    await once(child, "exit");
    const { ratio, servedMs, bareMs, residentMb }: Record<string, Estimate> = JSON.parse(
      await readFile(out, "utf8"),
    );
    const missing = { median: Number.NaN, low: Number.NaN, high: Number.NaN, trials: 0 };
    return [
      figureOf("cold start, iris: first answer ÷ bare node + onnxruntime-node", ratio ?? missing, {
        bar: atMost(1.6),
        note: `${servedMs?.median.toFixed(0)} ÷ ${bareMs?.median.toFixed(0)} ms`,
      }),
      figureOf("RSS serving iris, MB", residentMb ?? missing, { bar: atMost(150) }),
    ];
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
