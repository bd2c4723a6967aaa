import { describe, expect, it } from "vitest";
import { CallCancellation } from "../../handler/cancellation.ts";

describe("CallCancellation", () => {
  it("tells each listener once, and none that has left", () => {
    const cancellation = new CallCancellation();
    const heard: string[] = [];
    const hear = (name: string) => () => void heard.push(name);
    const [a, b, c, d] = [hear("a"), hear("b"), hear("c"), hear("d")];
    for (const listener of [a, b, c, d]) {
      cancellation.addEventListener("abort", listener);
    }
    cancellation.removeEventListener("abort", a);
    cancellation.removeEventListener("abort", c);
    cancellation.cancel("gone");
    cancellation.cancel("again");
    expect([heard, cancellation.aborted, cancellation.reason]).toEqual([["b", "d"], true, "gone"]);
    expect(() => cancellation.throwIfAborted()).toThrow("gone");
  });

  it("has a real signal for those who ask, before the end and after", () => {
    const before = new CallCancellation();
    const { signal } = before;
    before.cancel("gone");
    const after = new CallCancellation();
    after.cancel("late");
    expect([signal.aborted, signal.reason, before.signal === signal]).toEqual([true, "gone", true]);
    expect([after.signal.aborted, after.signal.reason]).toEqual([true, "late"]);
  });
});
