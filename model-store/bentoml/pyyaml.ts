/**
 * YAML as Python's PyYAML means it, which wrote BentoML's files: a plain `1e5` is a text there, `yes` is true, and a
 * date stays the text that it is.
 *
 * @module
 */
import type { ScalarTag } from "yaml";

const TAGS: readonly ScalarTag[] = [
  scalar("null", /^(?:~|null|Null|NULL|)$/, () => null),
  scalar(
    "bool",
    /^(?:yes|Yes|YES|no|No|NO|true|True|TRUE|false|False|FALSE|on|On|ON|off|Off|OFF)$/,
    (text) => /^(?:yes|true|on)$/i.test(text),
  ),
  scalar("int", /^[-+]?(?:0|[1-9][0-9_]*)$/, (text) => {
    const value = Number(text.replaceAll("_", ""));
    return Number.isSafeInteger(value) ? value : text; // as text no digit is lost
  }),
  scalar(
    "float",
    /^[-+]?(?:[0-9][0-9_]*\.[0-9_]*(?:[eE][-+][0-9]+)?|\.[0-9][0-9_]*(?:[eE][-+][0-9]+)?)$/,
    (text) => Number(text.replaceAll("_", "")),
  ),
  scalar("float", /^[-+]?\.(?:inf|Inf|INF)$/, (text) =>
    text.startsWith("-") ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY,
  ),
  scalar("float", /^\.(?:nan|NaN|NAN)$/, () => Number.NaN),
];

/**
 * Reads one document.
 *
 * @returns its value; dates and whole numbers beyond 2⁵³ as texts
 * @throws Error with the place when it is not YAML
 */
export async function parsePyYaml(text: string): Promise<unknown> {
  const { parse } = await import("yaml");
  return parse(text, {
    schema: "failsafe",
    customTags: [...TAGS],
    logLevel: "error",
    prettyErrors: true,
  });
}

function scalar(name: string, test: RegExp, resolve: (text: string) => unknown): ScalarTag {
  return { tag: `tag:yaml.org,2002:${name}`, default: true, test, resolve };
}

/** Writes a value on one line so that PyYAML reads the same one, whatever its texts look like. */
export function formatPyYaml(value: unknown): string {
  if (Array.isArray(value)) {
    return `[${value.map(formatPyYaml).join(", ")}]`;
  }
  if (typeof value === "object" && value !== null) {
    const pairs = Object.entries(value).map(
      ([key, one]) => `${formatPyYaml(key)}: ${formatPyYaml(one)}`,
    );
    return `{${pairs.join(", ")}}`;
  }
  return typeof value === "number" ? number(value) : quoted(value);
}

/** What PyYAML takes for no printable character, and what it takes for the end of a line. */
const ESCAPED = /[\u007f-\u009f\u2028\u2029\ufeff\ufffe\uffff]/g;

function quoted(value: unknown): string {
  return JSON.stringify(value).replaceAll(
    ESCAPED,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

/** An exponent makes a number there only behind a point. */
function number(value: number): string {
  const text = String(value);
  return text.includes(".") ? text : text.replace("e", ".0e");
}
