/**
 * The main job from end to end, with the `bento` command as a user types it: import → build → containerize → deploy →
 * verify → predict → plan for AWS Lambda → destroy. Every stage is real; it ends with figures that anyone can check.
 *
 * @module
 */
import { spawn } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const bento = join(root, "dist", "cli", "main.js");
const home = await mkdtemp(join(tmpdir(), "bento-demo-"));
const image = join(home, "image");
const FEATURES = ["sepal_length", "sepal_width", "petal_length", "petal_width"];
const UNREACHABLE = 5;

interface Ended {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs `bento` on the demo's own home. */
async function run(...argv: string[]): Promise<Ended> {
  const child = spawn(process.execPath, [bento, ...argv], {
    cwd: join(root, "fixtures", "iris"),
    env: { ...process.env, BENTO_HOME: home, BENTO_STORE: "" },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const text = async (stream: AsyncIterable<Buffer>) => {
    let all = "";
    for await (const chunk of stream) {
      all += chunk.toString("utf8");
    }
    return all;
  };
  const exited = new Promise<number>((done) => child.once("close", (code) => done(code ?? 1)));
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)]);
  return { exitCode: await exited, stdout, stderr };
}

/** Runs `bento` and ends the demo with its own words when it fails. */
async function must(...argv: string[]): Promise<string> {
  const ended = await run(...argv);
  if (ended.exitCode !== 0) {
    throw new Error(`bento ${argv.join(" ")} ended with ${ended.exitCode}\n${ended.stderr}`);
  }
  return ended.stdout;
}

/** One line for a stage, with its time. */
async function stage<T>(name: string, work: () => Promise<[result: T, said: string]>): Promise<T> {
  const startedMs = performance.now();
  const [result, said] = await work();
  const seconds = ((performance.now() - startedMs) / 1000).toFixed(2);
  console.log(`✓ ${name.padEnd(13)} ${seconds.padStart(6)} s  ${said}`);
  return result;
}

interface Image {
  readonly digest: string;
  readonly layers: readonly Layer[];
}

/** Over the default base, or where no registry is reached over one made here. */
async function containerize(tag: string): Promise<Image> {
  const flags = ["--output", `oci:${image}`, "--json"];
  const first = await run("containerize", tag, ...flags);
  if (first.exitCode !== 0 && first.exitCode !== UNREACHABLE) {
    throw new Error(first.stderr);
  }
  if (first.exitCode === UNREACHABLE) {
    const base = await stage("base build", async () => {
      const made = (await must("base", "build", "--output", `oci:${join(home, "base")}`)).trim();
      return [made, "the default base image cannot be reached: made one from Debian packages"];
    });
    flags.push("--base", base);
  }
  return stage("containerize", async () => {
    const made = JSON.parse(await must("containerize", tag, ...flags)) as Image;
    return [made, `${made.digest.slice(0, 19)}…, no Docker`];
  });
}

interface Layer {
  readonly title: string;
  readonly digest: string;
  readonly size: number;
  readonly uncompressedBytes: number;
}

interface Rows {
  readonly rows: readonly (readonly number[])[];
  readonly classes: readonly string[];
  readonly truth: readonly number[];
  readonly labels: readonly number[];
}

/** Sends each row on its own and compares the answers; latencies are from send to the whole answer. */
async function predict(url: string, data: Rows) {
  const latenciesMs: number[] = [];
  let isRight = 0;
  let agrees = 0;
  for (const [index, row] of data.rows.entries()) {
    const features = [Object.fromEntries(FEATURES.map((name, column) => [name, row[column]]))];
    const sentMs = performance.now();
    const response = await fetch(`${url}/classify`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ features }),
    });
    const [species] = (await response.json()) as string[];
    latenciesMs.push(performance.now() - sentMs);
    isRight += species === data.classes[data.truth[index] ?? -1] ? 1 : 0;
    agrees += species === data.classes[data.labels[index] ?? -1] ? 1 : 0;
  }
  latenciesMs.sort((a, b) => a - b);
  const at = (share: number) => latenciesMs[Math.ceil(share * latenciesMs.length) - 1] ?? 0;
  return { accuracy: isRight / data.rows.length, agrees, p50: at(0.5), p99: at(0.99) };
}

function size(bytes: number): string {
  return bytes < 1e6 ? `${(bytes / 1e3).toFixed(1)} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
}

async function main(): Promise<void> {
  const models = join(root, "fixtures", "models", "iris_random_forest");
  const data = JSON.parse(await readFile(join(models, "rows.json"), "utf8")) as Rows;
  await stage("import", async () => {
    const imported = [
      "--name",
      "iris_classifier",
      "--version",
      "v1.0.0",
      "--framework",
      "scikit-learn",
    ];
    const tag = await must(
      "models",
      "import",
      join(models, "model.onnx"),
      ...imported,
      "--label",
      "stage=dev",
    );
    return [undefined, tag.trim()];
  });
  const tag = await stage("build", async () => {
    const built = (await must("build", "--output", "tag")).trim();
    return [built, built];
  });
  const made = await containerize(tag);
  const url = await stage("deploy local", async () => {
    const deployed = JSON.parse(
      await must("deploy", tag, "--platform", "local", "--yes", "--json"),
    );
    return [
      deployed.url as string,
      `${deployed.url}, golden requests answered: ${deployed.verified}`,
    ];
  });
  const figures = await stage("predict", async () => [
    await predict(url, data),
    `${data.rows.length} rows over HTTP`,
  ]);
  console.log(`  accuracy ${figures.accuracy.toFixed(4)} against the true species`);
  console.log(`  ${figures.agrees}/${data.rows.length} agree with scikit-learn's own predictions`);
  console.log(
    `  latency p50 ${figures.p50.toFixed(2)} ms, p99 ${figures.p99.toFixed(2)} ms (one at a time)`,
  );
  console.log("  image layers, compressed (and unpacked):");
  for (const layer of made.layers) {
    const sizes = `${size(layer.size).padStart(8)} (${size(layer.uncompressedBytes)})`;
    console.log(`    ${layer.title.padEnd(28)} ${sizes}`);
  }
  const plan = await stage("lambda plan", async () => {
    const flags = ["--platform", "aws-lambda", "--image", `oci:${image}`, "--plan", "--offline"];
    return [
      await must("deploy", tag, ...flags),
      `for ${made.digest.slice(0, 19)}…, nothing written`,
    ];
  });
  console.log(plan.trimEnd().replaceAll(/^/gm, "  "));
  await stage("destroy", async () => {
    await must("deployment", "destroy", "iris-classifier", "--yes");
    return [undefined, "stopped, drained"];
  });
  if (figures.accuracy < 0.95 || figures.agrees !== data.rows.length) {
    throw new Error("the predictions are not scikit-learn's");
  }
}

const startedMs = performance.now();
try {
  await main();
  console.log(`done in ${((performance.now() - startedMs) / 1000).toFixed(1)} s`);
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
  await run("deployment", "destroy", "iris-classifier", "--yes");
} finally {
  await rm(home, { recursive: true, force: true });
}
