import { describe, expect, it } from "vitest";
import { BentoError } from "../../core/bento-error.ts";
import { ModelGate } from "../../handler/model-gate.ts";
import { fakeRunner } from "../support/fake-runner.ts";

const REFUSED = { reason: "too-late", subject: "model fake", retryAfterMs: 5 } as const;
const OVERLOADED = new BentoError("BENTO_OVERLOADED", "refused");
const clock = { now: () => 100 };

/** A gate before a model that refuses whoever asks, and calls that go as the test says. */
function setUp() {
  const seen: (number | undefined)[] = [];
  let isRefusing = false;
  const fake = {
    ...fakeRunner(),
    gate: { refuse: () => REFUSED, reading: () => () => {} },
    async run(_: unknown, options: { onRefused?(): void; arrivedAt?: number | undefined } = {}) {
      seen.push(options.arrivedAt);
      if (isRefusing) {
        options.onRefused?.();
        throw OVERLOADED;
      }
      return {};
    },
  };
  const gate = new ModelGate({ fake });
  const answer = (times: number, uses = true) =>
    Promise.all(
      Array.from({ length: times }, () => {
        const visit = gate.visit({ waitedMs: 7 }, clock);
        return visit.follow(async () => (uses ? await visit.models["fake"]?.run({}) : undefined));
      }),
    );
  const refuse = async (isHandled = false) => {
    isRefusing = true;
    const visit = gate.visit({ waitedMs: 0 }, clock);
    const call = visit.follow(async () => {
      const work = visit.models["fake"]?.run({});
      return isHandled ? await work?.catch(() => ({})) : await work;
    });
    await call.catch(() => {});
    isRefusing = false;
  };
  return { answer, refuse, seen, refused: () => gate.refuse(0) };
}

describe("ModelGate", () => {
  it("refuses once all answers were made with the model, and its refusal was the answer", async () => {
    const { answer, refuse, refused } = setUp();
    await answer(20);
    expect(refused()).toBeUndefined();
    await refuse();
    expect(refused()).toEqual(REFUSED);
  });

  it("lets callers pass whom little is known of", async () => {
    const { answer, refuse, refused } = setUp();
    await answer(19);
    await refuse();
    expect(refused()).toBeUndefined();
  });

  it("doubts for long when an answer was made without the model", async () => {
    const { answer, refuse, refused } = setUp();
    await answer(20);
    await refuse();
    await answer(1, false);
    await answer(999);
    expect(refused()).toBeUndefined();
    await answer(1);
    expect(refused()).toEqual(REFUSED);
  });

  it("never refuses for code that has another answer", async () => {
    const { answer, refuse, refused } = setUp();
    await answer(20);
    await refuse();
    await refuse(true);
    await answer(2000);
    expect(refused()).toBeUndefined();
  });

  it("tells the model when the process got the caller, less what run took itself", async () => {
    const { answer, seen } = setUp();
    await answer(1);
    expect(seen).toEqual([93]);
  });
});
