/**
 * The ceiling: onnxruntime alone, without HTTP, batcher or copies between threads. Threads that do nothing but run batches
 * of one size, in the layout and at the size that give the most rows a second.
 *
 * @module
 */
import { availableParallelism } from "node:os";
import { Worker } from "node:worker_threads";
import { type BenchModel, benchModel } from "../models/bench-models.ts";

export interface RawLayout {
  readonly threads: number;
  readonly intraOpThreads: number;
  readonly rows: number;
}

export interface RawCeiling {
  readonly layout: RawLayout;
  /** Rows a second over `durationMs`. */
  measure(durationMs: number): Promise<number>;
  close(): Promise<void>;
}

/** Tries layouts and sizes for a moment each, and keeps the best. */
export async function rawCeiling(model: BenchModel, sizes: readonly number[]): Promise<RawCeiling> {
  const path = await benchModel(model);
  const cores = availableParallelism();
  const layouts = cores === 1 ? [[1, 1] as const] : [[cores, 1] as const, [1, cores] as const];
  const tried: { readonly layout: RawLayout; readonly rate: number }[] = [];
  for (const [threads, intraOpThreads] of layouts) {
    const pool = await openPool(path, { threads, intraOpThreads });
    for (const rows of sizes) {
      await pool.measure(rows, 100);
      tried.push({
        layout: { threads, intraOpThreads, rows },
        rate: await pool.measure(rows, 400),
      });
    }
    await pool.close();
  }
  const best = tried.reduce((a, b) => (b.rate > a.rate ? b : a));
  const pool = await openPool(path, best.layout);
  return {
    layout: best.layout,
    measure: (durationMs) => pool.measure(best.layout.rows, durationMs),
    close: pool.close,
  };
}

async function openPool(path: string, layout: Omit<RawLayout, "rows">) {
  const workers = Array.from(
    { length: layout.threads },
    () =>
      new Worker(new URL("raw-ort-worker.ts", import.meta.url), {
        workerData: { path, intraOpThreads: layout.intraOpThreads },
      }),
  );
  const hear = (worker: Worker) =>
    new Promise<number>((resolve, reject) => {
      worker.once("message", (rate: number) => {
        worker.removeListener("error", reject);
        resolve(rate);
      });
      worker.once("error", reject);
    });
  await Promise.all(workers.map(hear));
  return {
    async measure(rows: number, durationMs: number) {
      const rates = workers.map(hear);
      for (const worker of workers) {
        worker.postMessage({ rows, durationMs });
      }
      return (await Promise.all(rates)).reduce((sum, rate) => sum + rate, 0);
    },
    async close() {
      await Promise.all(workers.map((worker) => worker.terminate()));
    },
  };
}
