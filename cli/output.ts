/**
 * The result of a command on stdout: a table for people, one JSON or YAML document for programs.
 *
 * @module
 */
import { Option } from "commander";
import type { CliContext } from "./context.ts";

export type OutputFormat = "table" | "json" | "yaml" | "tag" | "path";

/** The `-o` option of listings; `--json` is the same as `-o json`. */
export function outputOption(choices: readonly OutputFormat[]): Option {
  return new Option("-o, --output <format>", "how the result is written")
    .choices([...choices])
    .default("table");
}

/** `--json`, for every command. */
export function jsonOption(): Option {
  return new Option("--json", "write one JSON document to stdout");
}

/** Writes a document as JSON or YAML. */
export async function printDocument(
  context: CliContext,
  document: unknown,
  format: "json" | "yaml",
): Promise<void> {
  if (format === "json") {
    context.out(`${JSON.stringify(document, undefined, 2)}\n`);
    return;
  }
  const { stringify } = await import("yaml");
  context.out(stringify(document, { lineWidth: 0 }));
}

/** Columns as wide as their widest cell, two spaces between; the last one is not padded. */
export function printTable(
  context: CliContext,
  header: readonly string[],
  rows: readonly (readonly string[])[],
): void {
  const all = [header, ...rows];
  const widths = header.map((_, column) => Math.max(...all.map((row) => row[column]?.length ?? 0)));
  for (const row of all) {
    const cells = row.map((cell, column) =>
      column === row.length - 1 ? cell : cell.padEnd(widths[column] ?? 0),
    );
    context.out(`${cells.join("  ").trimEnd()}\n`);
  }
}

/**
 * Named values, one a line; a name stands before the first of its values, and a name without values is left out.
 *
 * @param width - of the column of names, in characters
 */
export function printFields(
  context: CliContext,
  fields: readonly (readonly [name: string, values: readonly string[]])[],
  width: number,
): void {
  for (const [name, values] of fields) {
    for (const [index, value] of values.entries()) {
      context.out(`${(index === 0 ? name : "").padEnd(width)}${value}\n`);
    }
  }
}
