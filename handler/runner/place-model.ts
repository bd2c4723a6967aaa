/**
 * Decides where a model runs: on the event loop's own thread when a run costs no more than the way to another one, else
 * on worker threads, as many as the machine gains from. What is measured on the way is the model's profile.
 *
 * @module
 */
import { availableParallelism } from "node:os";
import type { BentoError } from "../../core/bento-error.ts";
import type { CostProfile } from "../cost-model.ts";
import { inlineHost } from "./inline-host.ts";
import { type MeasureOptions, measureModel, measureRate, warmThreads } from "./measure-model.ts";
import { type OpenSessionOptions, openSession, type RunnerSpec } from "./onnx-session.ts";
import { type ModelHost, openWorkerPool } from "./worker-pool.ts";

/** Worker threads, and threads within one run of each. */
export interface Layout {
  readonly threads: number;
  readonly intraOpThreads: number;
}

export interface PlaceOptions {
  readonly session: Pick<OpenSessionOptions, "path" | "provider">;
  /** Of the model's file; what one more thread costs in memory. */
  readonly modelBytes: number;
  /** `auto` decides by measuring. */
  readonly mode: "auto" | "worker" | "inline";
  /** Undefined lets it be chosen. */
  readonly layout: Layout | undefined;
  readonly workerUrl: URL;
  /** What to measure, once the shapes are known; `maxRows` is 1 for a model that takes one call at a time. */
  measure(spec: RunnerSpec): MeasureOptions;
  onDeath(error: BentoError): void;
  /** @default the machine's */
  readonly cores?: number | undefined;
  /** Memory that may still be had. @default what the system says */
  readonly freeBytes?: number | undefined;
  /** Time in which two layouts may be compared, in milliseconds. @default 1000 */
  readonly layoutBudgetMs?: number | undefined;
}

export interface PlacedModel {
  readonly host: ModelHost;
  readonly mode: "worker" | "inline";
  readonly layout: Layout;
  /** Undefined where nothing could or should be measured. */
  readonly profile: CostProfile | undefined;
}

/** Larger files are no models that run in microseconds. */
export const MOST_INLINE_BYTES = 2_000_000;
/** What a batch pays for the way to a thread and back, with what it costs the event loop. */
const HOP_MS = 0.1;
/** Longest that the event loop may stand still. */
const MOST_INLINE_MS = 2;
/** Layouts are compared only where a run is long enough to tell, and only within this time. */
const LEAST_LAYOUT_MS = 2;
const LAYOUT_BUDGET_MS = 1000;
/** Threads within a run have to gain this much to be chosen over threads beside each other, whose tail is shorter. */
const LAYOUT_GAIN = 1.1;

/** @throws BentoError what keeps the model from being loaded */
export async function placeModel(options: PlaceOptions): Promise<PlacedModel> {
  const { mode, session, modelBytes, layout, cores = availableParallelism() } = options;
  const isCandidate =
    mode === "auto" &&
    layout === undefined &&
    modelBytes <= MOST_INLINE_BYTES &&
    session.provider !== "cuda";
  if (mode === "inline" || isCandidate) {
    const host = inlineHost(await openSession({ ...session, intraOpThreads: 1 }));
    const measure = options.measure(host.spec);
    const profile = await measureModel(host, measure);
    if (mode === "inline" || isTiny(profile, measure.maxRows, cores)) {
      return { host, mode: "inline", layout: { threads: 1, intraOpThreads: 1 }, profile };
    }
    await host.close();
    if (profile === undefined) {
      return placeOnWorkers({ ...options, cores, isMeasurable: false }); // it would fail again
    }
  }
  return placeOnWorkers({ ...options, cores, isMeasurable: true });
}

function isTiny(profile: CostProfile | undefined, maxRows: number, cores: number): boolean {
  const last = profile?.points.at(-1);
  if (profile === undefined || last === undefined) {
    return false;
  }
  const longestMs = last.ms * Math.max(1, maxRows / last.rows);
  // no size takes less than one row does, so that the shortest run of all bounds it best
  const oneRowMs = Math.min(...profile.points.map(({ ms }) => ms));
  return longestMs <= MOST_INLINE_MS && (cores === 1 || oneRowMs <= HOP_MS);
}

async function placeOnWorkers(
  options: PlaceOptions & { readonly cores: number; readonly isMeasurable: boolean },
): Promise<PlacedModel> {
  const { cores, session } = options;
  const wide = { threads: 1, intraOpThreads: cores };
  const layout = options.layout ?? (session.provider === "cuda" ? wide : affordableLayout(options));
  const startedAt = performance.now();
  const host = await open(options, layout);
  const loadMs = performance.now() - startedAt;
  try {
    const measure = options.measure(host.spec);
    const isBatched = options.isMeasurable && measure.maxRows > 1;
    const profile = isBatched ? await measureModel(host, measure) : undefined;
    if (profile !== undefined && layout.threads > 1) {
      await warmThreads(host, cheapest(profile)?.rows ?? 1, measure);
    }
    const placed = { host, mode: "worker", layout, profile } as const;
    const isOpen = options.layout === undefined && layout.threads > 1 && profile !== undefined;
    return isOpen ? await compareLayouts(options, { placed, wide, loadMs }) : placed;
  } catch (error) {
    await host.close();
    throw error;
  }
}

/** Runs beside each other on one core each, as far as memory goes; else one run over all cores. */
function affordableLayout({
  cores = 1,
  modelBytes,
  freeBytes = process.availableMemory(),
}: PlaceOptions): Layout {
  const copies = Math.floor(freeBytes / 4 / Math.max(1, modelBytes));
  const threads = Math.max(1, Math.min(cores, MOST_THREADS, copies));
  return { threads, intraOpThreads: Math.max(1, Math.floor(cores / threads)) };
}

const MOST_THREADS = 8;

interface Comparison {
  readonly placed: PlacedModel & { readonly profile: CostProfile | undefined };
  readonly wide: Layout;
  /** What it took to load the model once. */
  readonly loadMs: number;
}

/** Keeps what was placed, unless one thread over all cores is faster and trying it takes no time to speak of. */
async function compareLayouts(
  options: PlaceOptions,
  { placed, wide, loadMs }: Comparison,
): Promise<PlacedModel> {
  const best = cheapest(placed.profile);
  const budgetMs = options.layoutBudgetMs ?? LAYOUT_BUDGET_MS;
  const foreseenMs = loadMs * (placed.layout.threads + 1) + 6 * (best?.ms ?? 0);
  if (best === undefined || best.ms < LEAST_LAYOUT_MS || foreseenMs > budgetMs) {
    return placed;
  }
  const other = await open(options, wide);
  try {
    await placed.host.settled?.();
    const measure = options.measure(other.spec);
    const rate = await measureRate(placed.host, best.rows, measure);
    const wideRate = await measureRate(other, best.rows, measure);
    if (wideRate <= rate * LAYOUT_GAIN) {
      await other.close();
      return placed;
    }
    await placed.host.close();
    const profile = await measureModel(other, { ...measure, prior: placed.profile });
    return { host: other, mode: "worker", layout: wide, profile };
  } catch (error) {
    await other.close();
    throw error;
  }
}

/** The point at which a row costs least. */
function cheapest(profile: CostProfile | undefined): CostProfile["points"][number] | undefined {
  return profile?.points.reduce((best, point) =>
    point.ms / point.rows < best.ms / best.rows ? point : best,
  );
}

function open(options: PlaceOptions, { threads, intraOpThreads }: Layout) {
  const { session, workerUrl, onDeath } = options;
  return openWorkerPool({ input: { ...session, intraOpThreads }, threads, workerUrl, onDeath });
}
