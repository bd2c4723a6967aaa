/**
 * Reads the text of a bentofile.yaml and reports every problem at once, each with its line and column.
 *
 * @module
 */
import { isCollection, isMap, LineCounter, type Node, parseDocument } from "yaml";
import type * as z from "zod";
import { BentoError } from "./bento-error.ts";
import { BENTOML_KEYS, Bentofile } from "./bentofile.ts";
import { nearest } from "./nearest.ts";

interface Problem {
  readonly offset: number;
  readonly message: string;
}

/**
 * @param text - content of the file; empty means all defaults
 * @param file - its path, for messages
 * @throws BentoError BENTO_INVALID_CONFIG with a line `file:line:column: …` for each problem
 */
export function parseBentofile(text: string, file: string): Bentofile {
  const lines = new LineCounter();
  const document = parseDocument(text, {
    lineCounter: lines,
    uniqueKeys: true,
    prettyErrors: false,
  });
  const problems: Problem[] = document.errors.map((error) => ({
    offset: error.pos[0],
    message: `not YAML: ${lowerFirst(error.message)}`,
  }));
  if (problems.length === 0) {
    const value: unknown = document.toJS() ?? {};
    const parsed = Bentofile.safeParse(value);
    if (parsed.success) {
      return parsed.data;
    }
    problems.push(
      ...parsed.error.issues.flatMap((issue) => describeIssue(issue, value, document.contents)),
    );
  }
  const places = problems
    .toSorted((a, b) => a.offset - b.offset)
    .map((problem) => {
      const { line, col } = lines.linePos(problem.offset);
      return `${file}:${line}:${col}: ${problem.message}`;
    });
  throw new BentoError("BENTO_INVALID_CONFIG", places.join("\n"), {
    where: file,
    hint: "mend the lines named above; docs/bentofile.md has every key",
  });
}

function describeIssue(issue: z.core.$ZodIssue, value: unknown, contents: Node | null): Problem[] {
  const path = issue.path.map(String);
  if (issue.code === "unrecognized_keys") {
    const known = knownKeys(path);
    return issue.keys.map((key) => ({
      offset: offsetOf(contents, [...path, key]),
      message: unknownKey([...path, key].join("."), nearest(key, known)),
    }));
  }
  const given = path.reduce<unknown>(step, value);
  const name = path.length === 0 ? "the file" : path.join(".");
  return [
    {
      offset: offsetOf(contents, path),
      message: `${name}: ${expectation(issue)}, got ${JSON.stringify(given) ?? "nothing"}`,
    },
  ];
}

function unknownKey(key: string, near: string | undefined): string {
  const advice = Object.hasOwn(BENTOML_KEYS, key) ? BENTOML_KEYS[key] : undefined;
  if (advice !== undefined) {
    return `${key}: a key of BentoML's; ${advice}`;
  }
  return `unknown key ${key}${near === undefined ? "" : `; did you mean ${near}?`}`;
}

function knownKeys(path: readonly string[]): string[] {
  if (path.length === 0) {
    return Object.keys(Bentofile.shape);
  }
  return path[0] === "docker" ? Object.keys(Bentofile.shape.docker.unwrap().shape) : [];
}

function expectation(issue: z.core.$ZodIssue): string {
  if (issue.code === "invalid_type") {
    const words: Readonly<Record<string, string>> = {
      object: "keys and values",
      record: "keys and values",
      array: "a list",
    };
    return `expected ${words[issue.expected] ?? `a ${issue.expected}`}`;
  }
  if (issue.code === "invalid_format") {
    return "expected 1 to 63 of a-z 0-9 . _ -, alphanumeric at both ends";
  }
  return lowerFirst(issue.message);
}

/** Where the key of a path stands in the text, or the nearest part above it that exists. */
function offsetOf(contents: Node | null, path: readonly string[]): number {
  let node: unknown = contents;
  let offset = contents?.range?.[0] ?? 0;
  for (const part of path) {
    if (isMap(node)) {
      const pair = node.items.find((item) => String(item.key) === part);
      offset = rangeStart(pair?.key) ?? offset;
      node = pair?.value;
    } else if (isCollection(node)) {
      node = node.get(Number(part), true);
      offset = rangeStart(node) ?? offset;
    }
  }
  return offset;
}

function rangeStart(node: unknown): number | undefined {
  const range: unknown =
    typeof node === "object" && node !== null && "range" in node ? node.range : undefined;
  return Array.isArray(range) && typeof range[0] === "number" ? range[0] : undefined;
}

function step(value: unknown, key: string): unknown {
  return typeof value === "object" && value !== null
    ? Object.entries(value).find(([name]) => name === key)?.[1]
    : undefined;
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}
