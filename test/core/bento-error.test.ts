import { describe, expect, it } from "vitest";
import { BentoError, ERROR_CODES } from "../../core/bento-error.ts";

describe("ERROR_CODES", () => {
  it("is the table of codes, exit codes and HTTP statuses", () => {
    const table = Object.entries(ERROR_CODES).map(([code, { exit, status }]) => [
      code,
      exit,
      status,
    ]);
    expect(table).toEqual([
      ["BENTO_BUG", 1, 500],
      ["BENTO_USAGE", 2, 400],
      ["BENTO_INVALID_INPUT", 2, 400],
      ["BENTO_INVALID_CONFIG", 2, 500],
      ["BENTO_INVALID_SERVICE", 2, 500],
      ["BENTO_INVALID_MODEL", 2, 500],
      ["BENTO_MISSING_PEER", 2, 500],
      ["BENTO_UNSUPPORTED", 2, 501],
      ["BENTO_NOT_FOUND", 3, 404],
      ["BENTO_CONFLICT", 4, 409],
      ["BENTO_STALE_PLAN", 4, 409],
      ["BENTO_IO", 5, 500],
      ["BENTO_UNREACHABLE", 5, 502],
      ["BENTO_PLATFORM", 5, 502],
      ["BENTO_OVERLOADED", 5, 503],
      ["BENTO_UNHEALTHY", 6, 503],
      ["BENTO_REFUSED", 7, 403],
      ["BENTO_INTEGRITY", 7, 500],
      ["BENTO_ROLLBACK_FAILED", 8, 500],
      ["BENTO_INTERRUPTED", 130, 499],
    ]);
  });
});

describe("BentoError", () => {
  const cause = new Error("ENOSPC");
  const error = new BentoError("BENTO_IO", "cannot write the blob", {
    where: "/var/store",
    hint: "free some space",
    cause,
  });

  it("carries code, place, advice and what was caught", () => {
    expect({ ...error, message: error.message, cause: error.cause }).toEqual({
      name: "BentoError",
      code: "BENTO_IO",
      message: "cannot write the blob",
      where: "/var/store",
      hint: "free some space",
      cause,
      [Symbol.for("bentokit.BentoError")]: true,
    });
  });

  it("knows its exit code and its HTTP status", () => {
    expect([error.exitCode, error.status]).toEqual([5, 500]);
  });

  it("needs no more than code and message", () => {
    const { where, hint } = new BentoError("BENTO_BUG", "no");
    expect([where, hint]).toEqual([undefined, undefined]);
  });

  it("has no cause of undefined", () => {
    expect("cause" in new BentoError("BENTO_BUG", "no", { cause: undefined })).toBe(false);
  });

  it("is an Error with a stack that starts with its name", () => {
    expect(error).toBeInstanceOf(Error);
    expect(error.stack?.split("\n")[0]).toBe("BentoError: cannot write the blob");
  });
});

describe("BentoError.isInstance", () => {
  it("knows an error from another copy of the module", async () => {
    const copy: typeof import("../../core/bento-error.ts") = await import(
      // @ts-expect-error a query makes it another module
      "../../core/bento-error.ts?copy"
    );
    const foreign = new copy.BentoError("BENTO_BUG", "no");
    expect([foreign instanceof BentoError, BentoError.isInstance(foreign)]).toEqual([false, true]);
  });

  it.each([new Error("no"), { code: "BENTO_BUG" }, null, undefined, "BENTO_BUG", 1])(
    "says no to %s",
    (value) => {
      expect(BentoError.isInstance(value)).toBe(false);
    },
  );
});
