/**
 * Golden requests: `golden/<api>.jsonl`, a line `{input, output, tolerance?}` for each. They travel with the bento and
 * are sent before traffic wherever it is deployed.
 *
 * @module
 */
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import * as z from "zod";
import { BentoError } from "../core/bento-error.ts";
import { nearest } from "../core/nearest.ts";

export const GoldenRequest = z.strictObject({
  input: z.json().describe("Body of the request."),
  output: z.json().describe("The answer, as JSON."),
  tolerance: z
    .number()
    .min(0)
    .optional()
    .describe("Largest difference between numbers; 1e-5 by default."),
});

/**
 * Reads a project's golden requests and checks each line.
 *
 * @param apis - names of the service's apis
 * @returns content by path within the bento; empty when there is no `golden/`
 * @throws BentoError BENTO_INVALID_INPUT with every bad line
 */
export async function goldenFiles(
  directory: string,
  apis: readonly string[],
): Promise<ReadonlyMap<string, Uint8Array>> {
  const names = await readdir(join(directory, "golden")).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") {
      return [];
    }
    throw error;
  });
  const files = new Map<string, Uint8Array>();
  const problems: string[] = [];
  for (const name of names.filter((file) => file.endsWith(".jsonl")).sort()) {
    const api = name.slice(0, -".jsonl".length);
    if (!apis.includes(api)) {
      const near = nearest(api, apis);
      problems.push(
        `golden/${name}: no api ${JSON.stringify(api)}${near === undefined ? "" : `; did you mean ${near}?`}`,
      );
    }
    const text = await readFile(join(directory, "golden", name), "utf8");
    problems.push(...checkLines(text, `golden/${name}`));
    files.set(`golden/${name}`, Buffer.from(text));
  }
  if (problems.length > 0) {
    throw new BentoError("BENTO_INVALID_INPUT", problems.join("\n"), {
      where: join(directory, "golden"),
      hint: 'each line is {"input": …, "output": …, "tolerance": 1e-5}, and each file is named after an api',
    });
  }
  return files;
}

function checkLines(text: string, file: string): string[] {
  return text.split("\n").flatMap((line, index) => {
    if (line.trim() === "") {
      return [];
    }
    try {
      const parsed = GoldenRequest.safeParse(JSON.parse(line));
      return (parsed.error?.issues ?? []).flatMap((issue) =>
        describeIssue(issue).map((problem) => `${file}:${index + 1}: ${problem}`),
      );
    } catch (error) {
      return [
        `${file}:${index + 1}: not JSON: ${error instanceof Error ? error.message : String(error)}`,
      ];
    }
  });
}

function describeIssue(issue: z.core.$ZodIssue): string[] {
  if (issue.code === "unrecognized_keys") {
    return issue.keys.map((key) => {
      const near = nearest(key, Object.keys(GoldenRequest.shape));
      return `unknown key ${JSON.stringify(key)}${near === undefined ? "" : `; did you mean ${near}?`}`;
    });
  }
  const [key] = issue.path;
  if (key === undefined) {
    return ["expected an object"];
  }
  // whatever JSON gives is a JSON value: one that fails is not there at all
  return [
    key === "tolerance" ? "tolerance: expected a number from 0" : `${String(key)} is missing`,
  ];
}
