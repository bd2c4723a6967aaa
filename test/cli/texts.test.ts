/**
 * The small parts that all commands talk with.
 */
import { describe, expect, it } from "vitest";
import { confirm } from "../../cli/confirm.ts";
import { type CliContext, homeOf } from "../../cli/context.ts";
import { collect, parseKeyValues, parseLooseValue } from "../../cli/key-values.ts";
import { readableLog } from "../../cli/log-lines.ts";
import { printDocument, printTable } from "../../cli/output.ts";
import { failureOf } from "../support/failure.ts";

interface Heard extends CliContext {
  readonly heard: string[];
}

function context(overrides: Partial<CliContext> = {}): Heard {
  const heard: string[] = [];
  return {
    cwd: "/work",
    environment: {},
    out: (text) => void heard.push(`out ${text}`),
    err: (text) => void heard.push(`err ${text}`),
    isTerminal: false,
    hasColour: false,
    signal: new AbortController().signal,
    ask: async () => undefined,
    ...overrides,
    heard,
  };
}

describe("parseKeyValues", () => {
  it("keeps what stands after the first equals sign", () => {
    expect(parseKeyValues("--label", ["a=1", "b=x=y", "c="])).toEqual({ a: "1", b: "x=y", c: "" });
    expect(parseKeyValues("--label")).toEqual({});
  });

  it("keeps keys that objects have of their own", () => {
    expect(Object.entries(parseKeyValues("--label", ["__proto__=1", "constructor=2"]))).toEqual([
      ["__proto__", "1"],
      ["constructor", "2"],
    ]);
  });

  it.each(["", "a", "=1", "="])("refuses %j", async (pair) => {
    expect(await failureOf(() => parseKeyValues("--x", [pair], "a=1"))).toEqual({
      code: "BENTO_USAGE",
      message: `expected --x key=value, got ${JSON.stringify(pair)}`,
      hint: "write it as --x a=1",
    });
  });
});

describe("collect and parseLooseValue", () => {
  it("gather a repeated option, and read JSON where there is some", () => {
    expect(collect("b", collect("a"))).toEqual(["a", "b"]);
    expect(["1", "true", "[1]", "1.2.3", "", "null"].map(parseLooseValue)).toEqual([
      ...[1, true, [1], "1.2.3", "", null],
    ]);
  });
});

describe("readableLog", () => {
  it.each([
    ["plain text", "plain text"],
    ["{not json", "{not json"],
    ['{"level":"info"}', '{"level":"info"}'],
    ["[1]", "[1]"],
    [
      '{"level":"info","time":"2026-01-02T03:04:05.678Z","bento":"iris:source","method":"POST","path":"/f","status":200,"durationMs":1.25,"msg":"request"}',
      "03:04:05 200 POST /f 1.25 ms",
    ],
    [
      '{"level":"warn","time":"2026-01-02T03:04:05.678Z","bento":"x","api":"f","rows":3,"msg":"slow"}',
      "03:04:05 warn: slow api=f rows=3",
    ],
    [
      '{"level":"error","time":"2026-01-02T03:04:05.678Z","err":{"message":"no","stack":"Error: no\\n    at f"},"msg":"request failed"}',
      "03:04:05 error: request failed err=\nError: no\n    at f",
    ],
  ])("reads %j", (line, readable) => {
    expect(readableLog(line)).toBe(readable);
  });
});

describe("printTable and printDocument", () => {
  it("aligns columns and leaves nothing behind the last", () => {
    const surroundings = context();
    printTable(
      surroundings,
      ["A", "LONG", "C"],
      [
        ["aaa", "b", ""],
        ["a", "b", "c"],
      ],
    );
    expect(surroundings.heard).toEqual([
      "out A    LONG  C\n",
      "out aaa  b\n",
      "out a    b     c\n",
    ]);
  });

  it("writes one document that ends with a line end", async () => {
    const surroundings = context();
    await printDocument(surroundings, { a: [1] }, "json");
    await printDocument(surroundings, { a: [1] }, "yaml");
    expect(surroundings.heard).toEqual(['out {\n  "a": [\n    1\n  ]\n}\n', "out a:\n  - 1\n"]);
  });
});

describe("confirm", () => {
  it.each(["y", "Y", "yes", " Yes "])("goes on at %j", async (answer) => {
    await confirm(context({ ask: async () => answer }), "delete it?", false);
  });

  it("asks nothing when the user said yes already", async () => {
    const ask = () => Promise.reject(new Error("asked"));
    await confirm(context({ ask }), "delete it?", true);
  });
});

describe("homeOf", () => {
  it("is BENTO_HOME, relative to where the command runs, else .bento of the user", () => {
    expect(homeOf(context({ environment: { BENTO_HOME: "x" } }))).toBe("/work/x");
    expect(homeOf(context({ environment: { BENTO_HOME: "/y" } }))).toBe("/y");
    expect(homeOf(context({ environment: { BENTO_HOME: "" } }))).toMatch(/\/\.bento$/);
  });
});
