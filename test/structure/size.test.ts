import { describe, expect, it } from "vitest";
import { sourcesOf } from "../support/sources.ts";

const MAX_LINES = 400;

/** Files that may be longer, and why. */
const LONGER: Readonly<Record<string, string>> = {};

const all = await sourcesOf(["*.ts", "*/**/*.ts"]);
/** Not a user's project, and no test: those say what they are in `describe`. */
const own = all.filter(
  ({ path }) =>
    !path.startsWith("fixtures/") && !path.endsWith(".test.ts") && !path.endsWith(".config.ts"),
);

describe("every TypeScript file", () => {
  it(`has at most ${MAX_LINES} lines`, () => {
    const long = all
      .map(({ path, text }) => ({ path, lines: text.trimEnd().split("\n").length }))
      .filter(({ path, lines }) => lines > MAX_LINES && LONGER[path] === undefined)
      .map(({ path, lines }) => `${path}: ${lines} lines`);
    expect(long).toEqual([]);
  });

  it("that is listed as longer is so, and has a reason", () => {
    const idle = Object.entries(LONGER).filter(([path, reason]) => {
      const source = all.find((file) => file.path === path);
      return reason === "" || (source?.text.trimEnd().split("\n").length ?? 0) <= MAX_LINES;
    });
    expect(idle).toEqual([]);
  });
});

describe("every source", () => {
  it("opens with a header that says what the module is", () => {
    const bare = own.filter(
      ({ text }) => !/^(?:#![^\n]*\n)?\/\*\*\n(?: \*[^\n]*\n)+ \* @module\n \*\/\n/.test(text),
    );
    expect(bare.map(({ path }) => path)).toEqual([]);
  });

  it("has named exports only", () => {
    const withDefault = own.filter(({ text }) =>
      /^export default\b|^export \{[^}]*\bas default\b/m.test(text),
    );
    expect(withDefault.map(({ path }) => path)).toEqual([]);
  });

  it("is called in kebab-case", () => {
    const wrong = own.filter(
      ({ path }) =>
        !/^(?:[a-z0-9]+(?:-[a-z0-9]+)*\/)*[a-z0-9]+(?:-[a-z0-9]+)*(?:\.d)?\.ts$/.test(path),
    );
    expect(wrong.map(({ path }) => path)).toEqual([]);
  });
});
