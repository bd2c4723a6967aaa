/**
 * Runs a model over rows of a file, one JSON document a line.
 *
 * @module
 */
import { readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { BentoError } from "../core/bento-error.ts";
import type { ModelManifest } from "../core/model-manifest.ts";
import { formatShape, type NestedProblem, readNested } from "../core/nested.ts";
import { show } from "../core/show.ts";
import type { Tensor } from "../core/tensor.ts";
import type { TensorSpec } from "../core/tensor-spec.ts";
import { loadRunner } from "../handler/runner/load-runner.ts";
import type { RowOutputs } from "./compare-outputs.ts";
import type { CliContext } from "./context.ts";

/** Rows at work at once: enough for whole batches, and bounded. */
const AT_ONCE = 256;

/** A line of a file with what it holds. */
export interface InputRow {
  /** `rows.jsonl:3` */
  readonly where: string;
  readonly value: unknown;
}

/** @throws BentoError BENTO_INVALID_INPUT naming the line that is no JSON, or that there is none */
export async function readRows(context: CliContext, file: string): Promise<InputRow[]> {
  const path = resolve(context.cwd, file);
  const hint = 'write one row a line: {"X": [5.1, 3.5, 1.4, 0.2]}, or the list alone for one input';
  const text = await readFile(path, "utf8").catch((cause: unknown) => {
    throw new BentoError("BENTO_IO", `cannot read ${file}`, { where: path, hint, cause });
  });
  const rows: InputRow[] = [];
  for (const [index, line] of text.split("\n").entries()) {
    const where = `${file}:${index + 1}`;
    if (line.trim() !== "") {
      try {
        rows.push({ where, value: JSON.parse(line) });
      } catch (cause) {
        throw new BentoError("BENTO_INVALID_INPUT", "not a JSON document", { where, hint, cause });
      }
    }
  }
  if (rows.length === 0) {
    throw new BentoError("BENTO_INVALID_INPUT", `${file} has no rows`, { where: path, hint });
  }
  return rows;
}

/**
 * @param folder - of the model's files
 * @returns the outputs of each row
 * @throws BentoError BENTO_INVALID_INPUT naming the row that the model cannot take
 */
export async function runRows(
  { name, version, entry, inputs }: ModelManifest,
  folder: string,
  rows: readonly InputRow[],
  signal: AbortSignal,
): Promise<RowOutputs[]> {
  const tensors = rows.map((row) => tensorsOf(row, inputs));
  const runner = await loadRunner({
    path: join(folder, entry),
    name: `${name}:${version}`,
    calibrationBudgetMs: 0,
  });
  try {
    const outputs: RowOutputs[] = [];
    for (let from = 0; from < tensors.length; from += AT_ONCE) {
      signal.throwIfAborted();
      const some = tensors.slice(from, from + AT_ONCE);
      outputs.push(...(await Promise.all(some.map((row) => runner.run(row, { signal })))));
    }
    return outputs;
  } finally {
    await runner.close();
  }
}

function tensorsOf(
  { where, value }: InputRow,
  inputs: readonly TensorSpec[],
): Record<string, Tensor> {
  const [only] = inputs;
  const isNamed = typeof value === "object" && value !== null && !Array.isArray(value);
  const given: Record<string, unknown> = isNamed
    ? { ...value }
    : only !== undefined && inputs.length === 1
      ? { [only.name]: value }
      : {};
  const problems: string[] = [];
  const tensors = inputs.map((input): [string, Tensor] => {
    const found: NestedProblem[] = [];
    const { name, dtype, dims } = input;
    // a row has not the axis that counts rows
    const isRow = typeof dims[0] === "string";
    const read = readNested({ dtype, dims }, isRow ? [given[name]] : given[name], found);
    const [first] = found;
    if (first !== undefined) {
      const path = [name, ...first.path.slice(isRow ? 1 : 0)].join(".");
      problems.push(`${path}: ${first.message}`);
    }
    return [name, read];
  });
  if (problems.length > 0) {
    const expected = inputs.map((input) => `${input.name}: ${formatShape(input)}`).join(", ");
    throw new BentoError("BENTO_INVALID_INPUT", problems.join("\n"), {
      where,
      hint: `the model takes ${expected}; got ${show(value)}`,
    });
  }
  return Object.fromEntries(tensors);
}
