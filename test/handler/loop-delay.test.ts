import { describe, expect, it } from "vitest";
import { LoopDelay } from "../../handler/loop-delay.ts";

/** An event loop in hand: each turn waits for so long, then works for so long. */
function eventLoop() {
  let nowMs = 0;
  let idleMs = 0;
  let endOfTurn = () => {};
  const delay = new LoopDelay({
    clock: { now: () => nowMs },
    idleMs: () => idleMs,
    timers: {
      immediate(wake) {
        endOfTurn = wake;
        return () => {};
      },
    },
  });
  return (waitMs: number, workMs: number): number => {
    nowMs += waitMs;
    idleMs += waitMs;
    const delayMs = nowMs - delay.arrivedAt();
    nowMs += workMs;
    expect(nowMs - delay.arrivedAt()).toBe(delayMs + workMs); // one answer a turn
    endOfTurn();
    return delayMs;
  };
}

describe("LoopDelay", () => {
  it.each([
    [
      "idle between short turns",
      [
        [5, 1],
        [5, 1],
        [5, 1],
      ],
      [0, 0, 0],
    ],
    [
      "a pause in quiet traffic",
      [
        [5, 1],
        [5, 80],
        [0, 1],
        [5, 1],
      ],
      [0, 0, 0, 0],
    ],
    [
      "a burst after a quiet minute",
      [
        [5, 1],
        [60_000, 12],
        [0, 1],
        [5, 1],
      ],
      [0, 0, 0, 0],
    ],
    [
      "turns in a row that leave no time to wait",
      [
        [5, 20],
        [0, 30],
        [0, 10],
        [0, 1],
      ],
      [0, 0, 20, 10],
    ],
    [
      "a wait that ends them",
      [
        [5, 20],
        [0, 30],
        [0, 10],
        [2, 10],
        [0, 1],
      ],
      [0, 0, 20, 0, 0],
    ],
  ])("says how long callers have waited before they were read: %s", (_, turns, delays) => {
    const turn = eventLoop();
    expect(turns.map(([waitMs = 0, workMs = 0]) => turn(waitMs, workMs))).toEqual(delays);
  });
});
