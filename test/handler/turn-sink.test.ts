import { describe, expect, it } from "vitest";
import { createTurnSink } from "../../handler/turn-sink.ts";

function sinkWithTurns() {
  const written: string[] = [];
  const due: (() => void)[] = [];
  const sink = createTurnSink({
    target: { write: (text) => void written.push(text) },
    atEndOfTurn: (work) => void due.push(work),
  });
  return { sink, written, due };
}

describe("createTurnSink", () => {
  it("writes the lines of a turn at once, at its end", () => {
    const { sink, written, due } = sinkWithTurns();
    sink.write("a\n");
    sink.write("b\n");
    expect([written, due.length]).toEqual([[], 1]);
    due.pop()?.();
    sink.write("c\n");
    due.pop()?.();
    expect(written).toEqual(["a\nb\n", "c\n"]);
  });

  it("writes a warning at once, with the lines before it", () => {
    const { sink, written } = sinkWithTurns();
    sink.write("a\n");
    sink.write("error\n", true);
    sink.write("b\n");
    expect(written).toEqual(["a\nerror\n"]);
  });

  it("writes what it holds when it is flushed, and nothing twice", () => {
    const { sink, written, due } = sinkWithTurns();
    sink.write("a\n");
    sink.flush();
    sink.flush();
    due.pop()?.();
    expect(written).toEqual(["a\n"]);
  });
});
