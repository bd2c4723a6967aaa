/**
 * Finds where a text stops being JSON. Runtimes differ in whether and how they say so; this runs only on texts that
 * `JSON.parse` has refused.
 *
 * @module
 */

export interface JsonFault {
  /** Offset in UTF-16 units, from 0. */
  readonly position: number;
  /** From 1. */
  readonly line: number;
  /** From 1. */
  readonly column: number;
  /** `expected a value, got NaN`. */
  readonly message: string;
}

const SPACE = /[ \t\r\n]*/y;
// texts are unrolled, so that one that never ends costs one pass and not one for each way to divide it
const SCALAR =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: JSON forbids them in texts
  /"[^"\\\u0000-\u001f]*(?:\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})[^"\\\u0000-\u001f]*)*"|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?(?![\w.+-])|(?:true|false|null)(?!\w)/y;
const GOT = /-?[A-Za-z0-9_.+-]+|[\s\S]/y;

type Expected =
  | "a value"
  | "a value or ]"
  | "a key"
  | "a key or }"
  | ":"
  | ", or ]"
  | ", or }"
  | "the end";

/** The first fault, or undefined when there is none. */
export function findJsonFault(text: string): JsonFault | undefined {
  const open: ("[" | "{")[] = [];
  let expected: Expected = "a value";
  let position = 0;
  const afterValue = (): Expected => {
    const top = open.at(-1);
    return top === undefined ? "the end" : top === "[" ? ", or ]" : ", or }";
  };
  for (;;) {
    position = match(SPACE, text, position) ?? position;
    const character = text[position];
    if (character === undefined && expected === "the end") {
      return undefined;
    }
    const next = step(expected, character);
    if (next === "open") {
      open.push(character === "[" ? "[" : "{");
      expected = character === "[" ? "a value or ]" : "a key or }";
      position += 1;
    } else if (next === "close") {
      open.pop();
      expected = afterValue();
      position += 1;
    } else if (next === "scalar") {
      const end = match(SCALAR, text, position);
      if (end === undefined) {
        return faultAt(text, position, expected);
      }
      expected = expected.startsWith("a key") ? ":" : afterValue();
      position = end;
    } else if (next === "fault") {
      return faultAt(text, position, expected);
    } else {
      expected = next;
      position += 1;
    }
  }
}

/** What one character does where `expected` is due: a move of the stack, a scalar to read, or what is due next. */
function step(
  expected: Expected,
  character: string | undefined,
): Expected | "open" | "close" | "scalar" | "fault" {
  if (character === undefined || expected === "the end") {
    return "fault";
  }
  if (expected === ":") {
    return character === ":" ? "a value" : "fault";
  }
  if (expected === ", or ]" || expected === ", or }") {
    if (character === ",") {
      return expected === ", or ]" ? "a value" : "a key";
    }
    return character === expected.at(-1) ? "close" : "fault";
  }
  if (expected.endsWith(character) && (character === "]" || character === "}")) {
    return "close";
  }
  if (expected.startsWith("a key")) {
    return character === '"' ? "scalar" : "fault";
  }
  return character === "[" || character === "{" ? "open" : "scalar";
}

function match(pattern: RegExp, text: string, position: number): number | undefined {
  pattern.lastIndex = position;
  return pattern.test(text) ? pattern.lastIndex : undefined;
}

function faultAt(text: string, position: number, expected: Expected): JsonFault {
  const before = text.slice(0, position);
  const end = match(GOT, text, position);
  const got = end === undefined ? "the end" : text.slice(position, Math.min(end, position + 20));
  return {
    position,
    line: before.split("\n").length,
    column: position - before.lastIndexOf("\n"),
    message: `expected ${expected}, got ${got}`,
  };
}
