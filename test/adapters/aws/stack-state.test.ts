import { describe, expect, it } from "vitest";
import { stackState } from "../../../adapters/aws/stack-state.ts";

describe("stackState", () => {
  it.each([
    [undefined, "absent"],
    ["REVIEW_IN_PROGRESS", "absent"],
    ["DELETE_COMPLETE", "absent"],
    ["CREATE_IN_PROGRESS", "busy"],
    ["UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", "busy"],
    ["UPDATE_ROLLBACK_IN_PROGRESS", "busy"],
    ["DELETE_IN_PROGRESS", "busy"],
    ["CREATE_COMPLETE", "standing"],
    ["UPDATE_COMPLETE", "standing"],
    ["UPDATE_ROLLBACK_COMPLETE", "standing"],
    ["IMPORT_ROLLBACK_COMPLETE", "standing"],
    ["ROLLBACK_COMPLETE", "unborn"],
    ["ROLLBACK_FAILED", "unborn"],
    ["CREATE_FAILED", "unborn"],
    ["DELETE_FAILED", "unborn"],
    ["UPDATE_ROLLBACK_FAILED", "stuck"],
    ["UPDATE_FAILED", "stuck"],
  ] as const)("of %s is %s", (status, state) => {
    expect(stackState(status)).toBe(state);
  });
});
