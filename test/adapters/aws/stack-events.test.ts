import { describe, expect, it } from "vitest";
import { type ResourceEvent, tellEvents } from "../../../adapters/aws/stack-events.ts";
import { firstFailure } from "../../../adapters/aws/stack-failure.ts";
import type { ProgressEvent } from "../../../core/progress.ts";

const event = (logicalId: string, status: string, more: Partial<ResourceEvent> = {}) => ({
  id: `${logicalId}-${status}`,
  logicalId,
  physicalId: "",
  resourceType: "AWS::Lambda::Function",
  status,
  reason: "",
  atMs: 0,
  isStack: false,
  ...more,
});

describe("tellEvents", () => {
  const told = (events: readonly ResourceEvent[], words: Parameters<typeof tellEvents>[1] = {}) => {
    const lines: ProgressEvent[] = [];
    events.forEach(tellEvents((line) => lines.push(line), words));
    return lines;
  };

  it("makes a step of each resource, named by its construct and counted", () => {
    const events = [
      event("Stack", "CREATE_IN_PROGRESS", { isStack: true }),
      event("F1", "CREATE_IN_PROGRESS", { atMs: 1000 }),
      event("F1", "CREATE_IN_PROGRESS", { atMs: 2000, reason: "Resource creation Initiated" }),
      event("F1", "CREATE_COMPLETE", { atMs: 4000 }),
      event("Stack", "CREATE_COMPLETE", { isStack: true }),
    ];
    const step = "AWS::Lambda::Function Bento/Function";
    expect(told(events, { paths: new Map([["F1", "Bento/Function"]]), total: 3 })).toEqual([
      { kind: "step-start", step },
      { kind: "step-end", step, durationMs: 3000, detail: "CREATE_COMPLETE, 1/3" },
    ]);
  });

  it("tells a failure with its reason, and what is done after it without a count", () => {
    const events = [
      event("F1", "CREATE_FAILED", { reason: "no" }),
      event("F1", "DELETE_COMPLETE", { atMs: 9 }),
    ];
    const step = "AWS::Lambda::Function F1";
    expect(told(events)).toEqual([
      { kind: "notice", message: `${step} CREATE_FAILED: no` },
      { kind: "step-end", step, durationMs: 0, detail: "DELETE_COMPLETE" },
    ]);
  });
});

describe("firstFailure", () => {
  const cancelled = event("Role", "CREATE_FAILED", { reason: "Resource creation cancelled" });
  const failed = event("F1", "CREATE_FAILED", { reason: "no such image" });
  const stack = event("Stack", "CREATE_FAILED", { isStack: true, reason: "F1 failed" });

  it("is the first that failed of itself", () => {
    const events = [event("A", "CREATE_COMPLETE"), cancelled, failed, stack];
    expect(firstFailure(events)).toBe(failed);
  });

  it("is what there is when nothing else failed, or nothing", () => {
    expect(firstFailure([cancelled])).toBe(cancelled);
    expect(firstFailure([stack])).toBe(stack);
    expect(firstFailure([event("A", "CREATE_COMPLETE")])).toBe(undefined);
  });
});
