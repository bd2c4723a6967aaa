/**
 * Measures the models of a project or a bento, says what batching gains, and writes profile.json for servers to start
 * with.
 *
 * @module
 */
import { access, mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { availableParallelism, cpus } from "node:os";
import { dirname, join, resolve } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { BentoError } from "../../core/bento-error.ts";
import type { Log } from "../../core/endpoint.ts";
import { nearest } from "../../core/nearest.ts";
import type { ModelProfile, Profile } from "../../core/profile.ts";
import type { RuntimeManifest } from "../../core/runtime-manifest.ts";
import { parseTag } from "../../core/tag.ts";
import { BATCH_DEFAULTS } from "../../handler/batch-loop.ts";
import { placeFile } from "../../handler/runner/load-runner.ts";
import { readProfile, readRuntime } from "../../handler/runtime.ts";
import { diskError } from "../../model-store/disk-error.ts";
import { describeService } from "../../packager/describe-service.ts";
import { readProject } from "../../packager/project.ts";
import { stageService } from "../../packager/stage-service.ts";
import { type CliContext, homeOf } from "../context.ts";
import { drawSvg, formatMs, plotBars } from "../curve-plot.ts";
import { type ModelCurve, modelCurve } from "../model-curve.ts";
import { printDocument } from "../output.ts";
import { drawProgress } from "../progress.ts";
import { cacheOf, storeOf } from "../store.ts";

export interface ProfileFlags {
  readonly model?: string;
  readonly svg?: string;
  readonly store?: string;
  readonly json?: boolean;
}

/** A service on disk, and where its profile goes. */
interface Unpacked extends AsyncDisposable {
  /** Holds bento.json and src/. */
  readonly directory: string;
  /** The folder of profile.json. */
  readonly profileFolder: string;
}

interface Measured extends ModelCurve {
  readonly tag: string;
  readonly mode: "worker" | "inline";
  readonly stored: ModelProfile;
}

/** Longest that one model is measured. */
const BUDGET_MS = 10_000;
/** Larger batches than a service allows are measured too, to see what they would gain. */
const LEAST_CAP = 128;

export async function profile(
  context: CliContext,
  target: string,
  flags: ProfileFlags,
): Promise<void> {
  await using unpacked = await unpack(context, target, flags);
  const runtime = await readRuntime(unpacked.directory);
  const keys = chooseModels(Object.keys(runtime.models), flags.model);
  const bundle = join(unpacked.directory, "src", "service.js");
  const { models: needs } = await describeService(bundle, {
    source: target,
    signal: context.signal,
  });
  const measured: Record<string, Measured> = {};
  for (const key of keys) {
    context.signal.throwIfAborted();
    const cap = needs.find((model) => model.key === key)?.batch?.maxBatchSize;
    const { directory } = unpacked;
    const found = await measureOne(context, key, { runtime, directory, cap });
    if (found !== undefined) {
      measured[key] = found;
    }
  }
  if (Object.keys(measured).length === 0) {
    context.err("nothing measured\n");
    if (flags.json === true) {
      await printDocument(context, { models: {} }, "json");
    }
    return;
  }
  const file = await writeProfile(unpacked.profileFolder, measured);
  if (flags.svg !== undefined) {
    await writeWhole(resolve(context.cwd, flags.svg), drawSvg(measured));
  }
  if (flags.json === true) {
    await printDocument(context, { file, models: measured }, "json");
    return;
  }
  for (const [key, curve] of Object.entries(measured)) {
    context.out(formatCurve(key, curve));
  }
  context.err(`wrote ${file}\n`);
}

async function unpack(context: CliContext, target: string, flags: ProfileFlags): Promise<Unpacked> {
  const store = await storeOf(context, flags.store);
  const onProgress = drawProgress(context, flags.json === true);
  const isSource = await access(resolve(context.cwd, target)).then(
    () => true,
    () => false,
  );
  if (isSource) {
    const project = await readProject(target, context.cwd);
    const { directory, [Symbol.asyncDispose]: dispose } = await stageService(project, {
      store,
      cacheRoot: cacheOf(context),
      workDirectory: join(homeOf(context), "tmp"),
      onProgress,
      signal: context.signal,
    });
    return { directory, profileFolder: project.directory, [Symbol.asyncDispose]: dispose };
  }
  const { manifest } = await store.bentos.get(parseTag(target), { allowPrefix: true });
  const directory = await store.bentos.materialise(manifest, cacheOf(context), {
    onProgress,
    signal: context.signal,
  });
  return { directory, profileFolder: directory, [Symbol.asyncDispose]: async () => {} };
}

function chooseModels(keys: readonly string[], wanted: string | undefined): readonly string[] {
  if (wanted === undefined) {
    return keys;
  }
  if (!keys.includes(wanted)) {
    const near = nearest(wanted, keys);
    throw new BentoError("BENTO_NOT_FOUND", `no model ${JSON.stringify(wanted)} in the service`, {
      where: "--model",
      hint: near === undefined ? `its models: ${keys.join(", ")}` : `did you mean ${near}?`,
    });
  }
  return [wanted];
}

interface MeasureOne {
  readonly runtime: RuntimeManifest;
  readonly directory: string;
  /** The service's own limit of rows. */
  readonly cap: number | undefined;
}

async function measureOne(
  context: CliContext,
  key: string,
  { runtime, directory, cap = BATCH_DEFAULTS.maxBatchSize }: MeasureOne,
): Promise<Measured | undefined> {
  const known = runtime.models[key];
  if (known === undefined) {
    return undefined;
  }
  const {
    host,
    mode,
    layout,
    profile: curve,
  } = await placeFile({
    path: resolve(directory, known.path),
    name: key,
    batchable: known.batchable,
    padding: known.padding,
    settings: { maxBatchSize: Math.max(cap, LEAST_CAP) },
    calibrationBudgetMs: BUDGET_MS,
    log: tellWhy(context),
  });
  await host.close();
  if (curve === undefined) {
    return undefined;
  }
  const points = curve.points.map(({ rows, ms }) => ({ rows, ms: Number(ms.toPrecision(4)) }));
  const stored = {
    digest: known.digest,
    ...(mode === "inline" ? {} : { layout }),
    points,
  };
  return { tag: known.tag, mode, stored, ...modelCurve(points) };
}

/** The one thing that measuring logs is why it could not. */
function tellWhy(context: CliContext): Log {
  return {
    info: (fields, message) => {
      const told = { model: "", why: "", ...fields };
      context.err(`${told.model}: ${message}: ${told.why}\n`);
    },
    warn() {},
    error() {},
  };
}

/** What was measured replaces what the file had of the same models. @returns the file */
async function writeProfile(
  folder: string,
  measured: Readonly<Record<string, Measured>>,
): Promise<string> {
  const quiet: Log = { info() {}, warn() {}, error() {} };
  const before = await readProfile(folder, { given: undefined, log: quiet });
  const found = Object.entries(measured).map(([key, { stored }]) => [key, stored] as const);
  const cpu = cpus()[0]?.model ?? "unknown";
  const machine = { cores: availableParallelism(), arch: process.arch, cpu };
  // numbers of two machines do not belong into one file
  const kept = isDeepStrictEqual(before?.machine, machine) ? before?.models : {};
  const models = { ...kept, ...Object.fromEntries(found) };
  const document: Profile = { schema: 1, machine, models };
  const file = join(folder, "profile.json");
  await writeWhole(file, `${JSON.stringify(document, undefined, 2)}\n`);
  return file;
}

/** Appears whole or not at all. */
async function writeWhole(file: string, text: string): Promise<void> {
  try {
    const work = await mkdtemp(join(dirname(file), ".profile-"));
    try {
      await writeFile(join(work, "new"), text);
      await rename(join(work, "new"), file);
    } finally {
      await rm(work, { recursive: true, force: true });
    }
  } catch (error) {
    throw diskError(error, "write", file);
  }
}

function formatCurve(key: string, curve: Measured): string {
  const { alphaMs, betaMs, rSquared, isLine, stored } = curve;
  const { threads = 1, intraOpThreads = 1 } = stored.layout ?? {};
  const place =
    curve.mode === "inline"
      ? "runs on the event loop's own thread: a run is shorter than the way to another"
      : `runs on ${threads} worker thread${threads === 1 ? "" : "s"} of ${intraOpThreads}`;
  const line =
    alphaMs === undefined || betaMs === undefined
      ? ""
      : `t(n) = ${formatMs(alphaMs)} + ${formatMs(betaMs)}·n ms, R² ${rSquared?.toFixed(3)}${isLine ? "" : "; no line is within 15 %, servers use the table"}\n`;
  const gain = `best batch ${curve.bestRows} rows, gain ${curve.gain.toFixed(2)}×\n`;
  return `${key}  ${curve.tag}\n${place}\n${plotBars(curve)}${line}${gain}${curve.advice}\n`;
}
