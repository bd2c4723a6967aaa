import { describe, expect, it } from "vitest";
import { jsonLog } from "../../handler/json-log.ts";

function logged(level?: string) {
  const lines: Record<string, unknown>[] = [];
  const write = (text: string) => {
    const whole = text.split("\n").filter((line) => line !== "");
    lines.push(...whole.map((line): Record<string, unknown> => JSON.parse(line)));
  };
  const log = jsonLog({ level, base: { bento: "iris:v1" }, target: { write } });
  return { log, lines };
}

/** What a line at level error says beside its time. */
function line(fields: unknown, message?: unknown): Record<string, unknown> | undefined {
  const { log, lines } = logged();
  (log.error as (fields: unknown, message?: unknown) => void)(fields, message);
  const [{ time: _, ...rest } = {}] = lines;
  return rest;
}

const COMMON = { level: "error", bento: "iris:v1" };

describe("jsonLog", () => {
  it("writes one line of JSON with level, time, the base's fields, the line's own and its message", () => {
    const { log, lines } = logged();
    log.warn({ rows: 3 }, "slow");
    expect(lines).toEqual([
      {
        level: "warn",
        time: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
        bento: "iris:v1",
        rows: 3,
        msg: "slow",
      },
    ]);
  });

  it.each([
    ["trace", ["info", "warn", "error"]],
    ["warn", ["warn", "error"]],
    ["fatal", []],
    ["silent", []],
  ])("from %s on writes %j", async (level, expected) => {
    const { log, lines } = logged(level);
    log.info({}, "a");
    log.access?.({ requestId: "1", method: "GET", path: "/", status: 200, durationMs: 1 });
    log.warn({}, "b");
    log.error({}, "c");
    await new Promise((resolve) => setImmediate(resolve));
    const levels = new Set(lines.map((line) => line["level"]));
    expect([...levels]).toEqual(expected);
  });

  it.each<[string, unknown, object]>([
    [
      "secrets at any depth",
      { token: "x", a: { b: { password: 1 } } },
      { token: "[hidden]", a: { b: { password: "[hidden]" } } },
    ],
    ["a bigint", { id: 2n ** 60n }, { id: "1152921504606846976" }],
    [
      "a value that other tools write themselves",
      { at: new Date(0) },
      { at: "1970-01-01T00:00:00.000Z" },
    ],
    [
      "the same object twice, but not within itself",
      { a: COMMON, b: [COMMON] },
      { a: COMMON, b: [COMMON] },
    ],
    ["fields that win over the base's", { bento: "other" }, { bento: "other" }],
  ])("writes %s", (_, fields, expected) => {
    expect(line(fields, "m")).toEqual({ ...COMMON, msg: "m", ...expected });
  });

  it("marks what holds itself", () => {
    const loop: Record<string, unknown> = { name: "loop" };
    loop["self"] = { loop };
    expect(line(loop, "m")).toEqual({
      ...COMMON,
      name: "loop",
      self: { loop: expect.anything() },
      msg: "m",
    });
  });

  it("writes errors with their stack, cause and own fields", () => {
    const cause = new TypeError("inner");
    const err = Object.assign(new Error("outer", { cause }), { code: "E_X" });
    expect(line({ err }, "failed")).toEqual({
      ...COMMON,
      err: {
        type: "Error",
        message: "outer",
        code: "E_X",
        stack: expect.stringContaining("outer"),
        cause: { type: "TypeError", message: "inner", stack: expect.stringContaining("inner") },
      },
      msg: "failed",
    });
  });

  it.each<[string, unknown, object]>([
    ["a text alone", "hello", { msg: "hello" }],
    [
      "an error alone",
      new Error("sad"),
      { err: expect.objectContaining({ message: "sad" }), msg: "sad" },
    ],
    ["nothing", undefined, {}],
  ])("takes %s from callers without types", (_, fields, expected) => {
    expect(line(fields)).toEqual({ ...COMMON, ...expected });
  });

  it("does not throw what a field throws", () => {
    const fields = {
      toJSON: () => {
        throw new Error("no");
      },
    };
    const inside = { a: fields };
    expect(line(inside, "m")).toEqual({ ...COMMON, unwritable: true, msg: "m" });
  });
});
