/**
 * The golden requests inside a bento: what its authors say that it answers.
 *
 * @module
 */
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import type * as z from "zod";
import { GoldenRequest } from "../packager/golden.ts";

/** Largest difference between numbers where a request says nothing. */
export const DEFAULT_TOLERANCE = 1e-5;

export interface GoldenCase {
  readonly api: string;
  /** `golden/<api>.jsonl:<line>`. */
  readonly where: string;
  readonly input: z.output<typeof GoldenRequest>["input"];
  readonly output: z.output<typeof GoldenRequest>["output"];
  readonly tolerance: number;
}

/**
 * All golden requests of a bento, sorted by api and in the order of their lines. The build has checked them.
 *
 * @param directory - of the bento; without `golden/` there are none
 */
export async function goldenCases(directory: string): Promise<GoldenCase[]> {
  const names = await readdir(join(directory, "golden")).catch(() => []);
  const cases: GoldenCase[] = [];
  for (const name of names.filter((file) => file.endsWith(".jsonl")).sort()) {
    const lines = (await readFile(join(directory, "golden", name), "utf8")).split("\n");
    for (const [index, line] of lines.entries()) {
      if (line.trim() !== "") {
        const request = GoldenRequest.parse(JSON.parse(line));
        cases.push({
          api: name.slice(0, -".jsonl".length),
          where: `golden/${name}:${index + 1}`,
          input: request.input,
          output: request.output,
          tolerance: request.tolerance ?? DEFAULT_TOLERANCE,
        });
      }
    }
  }
  return cases;
}
