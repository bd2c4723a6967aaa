/**
 * A platform's options from bentofile.yaml and `--set key=value`, checked by that platform's own schema; every problem
 * is told at once, with the near name for a misspelt one.
 *
 * @module
 */
import * as z from "zod";
import type { Adapter } from "../adapters/adapter.ts";
import { BentoError } from "../core/bento-error.ts";
import { nearest } from "../core/nearest.ts";
import { show } from "../core/show.ts";

/**
 * @param given - from `environments.<env>`; what `sets` names is replaced
 * @param sets - `key=value`; a value that is JSON is taken as such where the option is not text
 * @throws BentoError BENTO_USAGE with every unknown or wrong option
 */
export function parseOptions(
  adapter: Adapter,
  given: Readonly<Record<string, unknown>>,
  sets: readonly string[],
): unknown {
  const known = optionNames(adapter);
  const values = { ...given, ...Object.fromEntries(sets.map((text) => parseSet(adapter, text))) };
  const problems = Object.keys(values)
    .filter((name) => !known.includes(name))
    .map((name) => {
      const near = nearest(name, known);
      const suggestion = near === undefined ? "" : `; did you mean ${near}?`;
      return `${adapter.platform} has no option ${JSON.stringify(name)}${suggestion}`;
    });
  const parsed = adapter.options.safeParse(pick(values, known));
  for (const issue of parsed.error?.issues ?? []) {
    const given = values[String(issue.path[0])];
    problems.push(`${issue.path.join(".")}: ${expectation(issue.message)}, got ${show(given)}`);
  }
  if (!parsed.success || problems.length > 0) {
    throw new BentoError("BENTO_USAGE", problems.join("\n"), {
      where: `options of ${adapter.platform}`,
      hint: `options: ${known.join(", ")}`,
    });
  }
  return parsed.data;
}

/** zod's sentence without its kind of problem and the name of the type it got: the value itself is shown. */
function expectation(message: string): string {
  const plain = message.replace(/^[A-Z][a-z]+ [a-z]+: /, "").replace(/, received .*$/, "");
  return plain.charAt(0).toLowerCase() + plain.slice(1);
}

/** The names of a platform's options, sorted. */
export function optionNames(adapter: Adapter): string[] {
  return adapter.options instanceof z.ZodObject ? Object.keys(adapter.options.shape).sort() : [];
}

/**
 * The text itself where the schema takes it, else what it means as JSON, else its parts by commas where the schema wants
 * a list: `memoryMb=1024`, `arguments=["a"]`, `subnetIds=subnet-0a,subnet-0b`.
 */
function parseSet(adapter: Adapter, text: string): [string, unknown] {
  const equals = text.indexOf("=");
  if (equals <= 0) {
    throw new BentoError("BENTO_USAGE", `not key=value: ${JSON.stringify(text)}`, {
      where: "--set",
      hint: `options: ${optionNames(adapter).join(", ")}`,
    });
  }
  const name = text.slice(0, equals);
  const value = text.slice(equals + 1);
  const schema = adapter.options instanceof z.ZodObject ? adapter.options.shape[name] : undefined;
  if (schema === undefined || z.safeParse(schema, value).success) {
    return [name, value];
  }
  try {
    return [name, JSON.parse(value)];
  } catch {
    return [name, z.safeParse(schema, []).success ? value.split(",") : value];
  }
}

function pick(values: Readonly<Record<string, unknown>>, names: readonly string[]): object {
  return Object.fromEntries(Object.entries(values).filter(([name]) => names.includes(name)));
}
