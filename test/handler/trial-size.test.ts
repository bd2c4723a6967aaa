import { describe, expect, it } from "vitest";
import { TrialSize } from "../../handler/batcher/trial-size.ts";

describe("TrialSize", () => {
  it("lets all rows run while none has waited for half of the limit", () => {
    const trial = new TrialSize(20);
    trial.ended(100, 500);
    expect(trial.next(10)).toBe(undefined);
  });

  it("never limits without a limit", () => {
    expect(new TrialSize(Number.POSITIVE_INFINITY).next(1e9)).toBe(undefined);
  });

  it("takes by turns half of what ended in half of the limit and all of it", () => {
    const trial = new TrialSize(20);
    trial.ended(100, 50);
    expect([trial.next(11), trial.next(11), trial.next(11)]).toEqual([10, 20, 10]);
  });

  it("takes one row and two where even one is too slow", () => {
    const trial = new TrialSize(20);
    trial.ended(1, 50);
    expect([trial.next(11), trial.next(11)]).toEqual([2, 1]);
  });

  it("doubles at most", () => {
    const trial = new TrialSize(200);
    trial.ended(4, 1);
    expect([trial.next(101), trial.next(101)]).toEqual([4, 8]);
  });
});
