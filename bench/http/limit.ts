/**
 * What these cores can do at best under overload: onnxruntime alone runs batches while a bare node server refuses whatever
 * comes at the same rate. Nothing that refuses over HTTP beside the model can be faster, or leave it more.
 *
 * @module
 */
import type { Figure } from "./figures.ts";
import type { LoadJob } from "./load.ts";
import { type Generator, startTarget } from "./processes.ts";
import type { RawCeiling } from "./raw-ort.ts";
import { median } from "./statistics.ts";

export interface LimitOptions {
  readonly generator: Generator;
  readonly raw: RawCeiling;
  readonly job: Omit<LoadJob, "port" | "ratePerSecond">;
  /** Good answers a second of the server under test at its best. */
  readonly saturated: number;
  readonly trials: number;
}

/** Figures without a bar, for each factor of {@link LimitOptions.saturated}. */
export async function physicalLimit(
  name: string,
  factors: readonly number[],
  { generator, raw, job, saturated, trials }: LimitOptions,
): Promise<Figure[]> {
  const target = await startTarget({ name: "refusals" });
  const figures: Figure[] = [];
  for (const factor of factors) {
    const shares: number[] = [];
    const rejects: number[] = [];
    const lateSends: number[] = [];
    for (let trial = 0; trial < trials; trial += 1) {
      const alone = await raw.measure(job.durationMs);
      const [beside, result] = await Promise.all([
        raw.measure(job.durationMs),
        generator.run({ ...job, port: target.port, ratePerSecond: factor * saturated }),
      ]);
      shares.push(beside / alone);
      rejects.push(result.rejectP99Ms);
      lateSends.push(result.lateSends / result.sent);
    }
    figures.push(
      {
        name: `${name}, limit at ${factor}×: onnxruntime beside bare 503s ÷ alone`,
        value: median(shares),
      },
      {
        name: `${name}, limit at ${factor}×: bare 503s answered within, p99 ms`,
        value: median(rejects),
        note: `${(100 * median(lateSends)).toFixed(1)} % of sends more than 2 ms late`,
      },
    );
  }
  await target.close();
  return figures;
}
