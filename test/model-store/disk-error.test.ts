import { describe, expect, it } from "vitest";
import { BentoError } from "../../core/bento-error.ts";
import { diskError, systemCode } from "../../model-store/disk-error.ts";

const systemError = (code: string) => Object.assign(new Error(`${code}: …`), { code });

describe("diskError", () => {
  const other = "with --store or BENTO_HOME";
  it.each([
    ["EROFS", "the disk is read-only", `choose a folder that can be written, ${other}`],
    [
      "EACCES",
      "permission denied",
      `give yourself access to it, or choose another folder ${other}`,
    ],
    ["EPERM", "operation not permitted", `choose a folder that can be written, ${other}`],
    ["ENOSPC", "the disk is full", `free some space, or choose a folder on another disk ${other}`],
    [
      "EDQUOT",
      "your quota is used up",
      `free some space, or choose a folder on another disk ${other}`,
    ],
    ["ENOTSUP", "the disk has no hard links", `choose a folder on another disk ${other}`],
    ["EMFILE", "too many open files", "raise the limit (ulimit -n) and try again"],
    ["EIO", "EIO", "look at the disk that holds it"],
  ])("puts %s into words", (code, reason, hint) => {
    const cause = systemError(code);
    expect(diskError(cause, "write", "/home/.bento/x")).toMatchObject({
      code: "BENTO_IO",
      message: `cannot write /home/.bento/x: ${reason}`,
      where: "/home/.bento/x",
      hint,
      cause,
    });
  });

  it("leaves our errors, aborts and bugs as they are", () => {
    const ours = new BentoError("BENTO_INTEGRITY", "damaged");
    const bug = new TypeError("x is not a function");
    const abort = systemError("ABORT_ERR");
    for (const error of [ours, bug, abort, "text", undefined]) {
      expect(diskError(error, "write", "/x")).toBe(error);
    }
  });
});

describe("systemCode", () => {
  it("reads the code of system errors only", () => {
    expect(
      [systemError("ENOENT"), new Error("x"), "ENOENT", { code: "ENOENT" }].map(systemCode),
    ).toEqual(["ENOENT", undefined, undefined, undefined]);
  });
});
