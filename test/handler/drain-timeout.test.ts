import { describe, expect, it } from "vitest";
import { drainTimeoutOf } from "../../handler/drain-timeout.ts";

describe("drainTimeoutOf", () => {
  it.each<[Record<string, string | undefined>, number]>([
    [{}, 9000],
    [{ BENTO_DRAIN_SECONDS: "" }, 9000],
    [{ BENTO_DRAIN_SECONDS: "0" }, 0],
    [{ BENTO_DRAIN_SECONDS: "110" }, 110_000],
    [{ BENTO_DRAIN_SECONDS: "3600" }, 3_600_000],
  ])("of %j is %d ms", (environment, milliseconds) => {
    expect(drainTimeoutOf(environment)).toBe(milliseconds);
  });

  it.each(["-1", "1.5", "30s", "3601", " 9", "1e2"])("refuses %j", (text) => {
    expect(() => drainTimeoutOf({ BENTO_DRAIN_SECONDS: text })).toThrow(
      expect.objectContaining({
        code: "BENTO_INVALID_INPUT",
        message: `not a time to drain: ${JSON.stringify(text)}`,
        where: "BENTO_DRAIN_SECONDS",
        hint: "set it to a whole number of seconds from 0 to 3600",
      }),
    );
  });
});
