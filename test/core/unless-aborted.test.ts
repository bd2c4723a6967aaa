import { describe, expect, it } from "vitest";
import { unlessAborted } from "../../core/unless-aborted.ts";

const never = () => new Promise<never>(() => {});

describe("unlessAborted", () => {
  it("gives what the work gives, with a signal and without", async () => {
    expect(await unlessAborted(Promise.resolve(1), undefined)).toBe(1);
    expect(await unlessAborted(Promise.resolve(2), new AbortController().signal)).toBe(2);
  });

  it("throws the signal's reason at once, before and meanwhile", async () => {
    const controller = new AbortController();
    const waiting = unlessAborted(never(), controller.signal);
    controller.abort(new Error("enough"));
    await expect(waiting).rejects.toThrow("enough");
    await expect(unlessAborted(never(), controller.signal)).rejects.toThrow("enough");
  });

  it("leaves nothing unhandled where the work fails after it was left", async () => {
    const controller = new AbortController();
    const { promise, reject } = Promise.withResolvers<never>();
    const waiting = unlessAborted(promise, controller.signal);
    controller.abort(new Error("enough"));
    await expect(waiting).rejects.toThrow("enough");
    reject(new Error("too late"));
    await new Promise((resolve) => setImmediate(resolve));
  });
});
