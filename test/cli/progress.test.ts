/**
 * What a person sees of long work: whole transcripts, with a clock that the test moves.
 */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { CliContext } from "../../cli/context.ts";
import { drawProgress } from "../../cli/progress.ts";
import type { ProgressEvent } from "../../core/progress.ts";

const UP = "\u001b[1A\r\u001b[K";
const GB = 1_000_000_000;

interface Watched {
  readonly context: CliContext;
  /** What was written, one item a write, with each way up as ^. */
  readonly written: string[];
  readonly draw: (event: ProgressEvent, afterMs?: number) => void;
  /** What stands on the screen now. */
  screen(): string[];
}

function watched({ isTerminal = true, columns = 80, isQuiet = false } = {}): Watched {
  const written: string[] = [];
  let nowMs = 0;
  const context: CliContext = {
    cwd: "/work",
    environment: {},
    out: () => {
      throw new Error("progress is no result");
    },
    err: (text) => void written.push(text.replaceAll(UP, "^")),
    isTerminal,
    columns,
    hasColour: false,
    signal: new AbortController().signal,
    ask: async () => undefined,
  };
  const hear = drawProgress(context, isQuiet, () => nowMs);
  return {
    context,
    written,
    draw(event, afterMs = 0) {
      nowMs += afterMs;
      hear(event);
    },
    screen: () => screenOf(written),
  };
}

/** A terminal that knows line ends and the way up. */
function screenOf(written: readonly string[]): string[] {
  const lines: string[] = [];
  for (const character of written.join("")) {
    if (character === "^") {
      lines.splice(-2, 2, "");
    } else if (character === "\n") {
      lines.push("");
    } else {
      lines.push((lines.pop() ?? "") + character);
    }
  }
  return lines;
}

const bytes = (step: string, doneBytes: number, totalBytes?: number): ProgressEvent => ({
  kind: "step-progress",
  step,
  doneBytes,
  ...(totalBytes === undefined ? {} : { totalBytes }),
});

describe("drawProgress", () => {
  it("shows a bar, percent, rate and the time left, and one line when it is done", () => {
    const { draw, written } = watched();
    for (let second = 0; second <= 10; second += 2) {
      draw(bytes("store model.onnx", second * 0.1 * GB, GB), second === 0 ? 0 : 2000);
    }
    expect(written).toMatchInlineSnapshot(`
      [
        "… store model.onnx  ░░░░░░░░░░░░░░░░░░░░   0 %  0 B of 1.0 GB
      ",
        "^… store model.onnx  ███░░░░░░░░░░░░  20 %  200 MB of 1.0 GB  100 MB/s  8 s left
      ",
        "^… store model.onnx  ██████░░░░░░░░░  40 %  400 MB of 1.0 GB  100 MB/s  6 s left
      ",
        "^… store model.onnx  █████████░░░░░░  60 %  600 MB of 1.0 GB  100 MB/s  4 s left
      ",
        "^… store model.onnx  ████████████░░░  80 %  800 MB of 1.0 GB  100 MB/s  2 s left
      ",
        "^✓ store model.onnx  10.0 s  1.0 GB, 100 MB/s
      ",
      ]
    `);
  });

  it("smooths the rate, so that one slow second does not change all", () => {
    const { draw, screen } = watched();
    draw(bytes("send", 0, GB));
    draw(bytes("send", 0.1 * GB, GB), 1000);
    draw(bytes("send", 0.2 * GB, GB), 1000);
    draw(bytes("send", 0.2 * GB, GB), 1000);
    expect(screen()).toMatchInlineSnapshot(`
      [
        "… send  ████░░░░░░░░░░░░░░░░  20 %  200 MB of 1.0 GB  71.7 MB/s  11 s left",
        "",
      ]
    `);
  });

  it("draws bytes at most ten times a second", () => {
    const { draw, written } = watched();
    for (let piece = 0; piece < 1000; piece += 1) {
      draw(bytes("send", piece * 1000, GB), 1);
    }
    expect(written.length).toBe(10);
  });

  it("leaves one line of a long transfer where nobody watches, and none of a short one", () => {
    const { draw, written } = watched({ isTerminal: false });
    for (let second = 0; second <= 10; second += 1) {
      draw(bytes("store model.onnx", second * 0.1 * GB, GB), 1000);
    }
    draw(bytes("store model.onnx", GB, GB), 1000);
    draw(bytes("store small.onnx", 10, 20));
    draw(bytes("store small.onnx", 20, 20));
    expect(written).toEqual(["✓ store model.onnx  10.0 s  1.0 GB, 100 MB/s\n"]);
  });

  it("draws a line for each step at work, and finished ones above", () => {
    const { draw, written, screen } = watched();
    draw({ kind: "step-start", step: "push layer app" });
    draw({ kind: "step-start", step: "push layer model iris_classifier:v1.2.0" });
    draw(bytes("push layer model iris_classifier:v1.2.0", 1000, 2000), 200);
    draw(bytes("push layer app", 1000, 4000), 200);
    draw({ kind: "step-end", step: "push layer app", durationMs: 1, detail: "4.0 kB" });
    expect(screen()).toMatchInlineSnapshot(`
      [
        "✓ push layer app  1.0 ms  4.0 kB",
        "… push layer model iris_classifier:v1.2.0  ██████░░░░░░  50 %  1.0 kB of 2.0 kB",
        "",
      ]
    `);
    draw({ kind: "notice", message: "slow" });
    draw({ kind: "step-end", step: "push layer model iris_classifier:v1.2.0", durationMs: 1500 });
    expect(screen()).toMatchInlineSnapshot(`
      [
        "✓ push layer app  1.0 ms  4.0 kB",
        "! slow",
        "✓ push layer model iris_classifier:v1.2.0  1.5 s",
        "",
      ]
    `);
    expect(written.length).toBe(7);
  });

  it("keeps a line within the terminal: the bar shrinks first, then the name", () => {
    const step = "push layer model iris_classifier:v1.2.0";
    const lines = [120, 80, 60].map((columns) => {
      const { draw, screen } = watched({ columns });
      draw(bytes(step, 0, GB));
      draw(bytes(step, 0.5 * GB, GB), 2000);
      return screen()[0];
    });
    expect(lines).toMatchInlineSnapshot(`
      [
        "… push layer model iris_classifier:v1.2.0  ██████████░░░░░░░░░░  50 %  500 MB of 1.0 GB  250 MB/s  2 s left",
        "… push layer model iris_cl…  ███░░░  50 %  500 MB of 1.0 GB  250 MB/s  2 s left",
        "… push layer …  ███░░░  50 %  500 MB of 1.0 GB  250 MB/s  2",
      ]
    `);
  });

  it("shows bytes without an end, and begins anew when a try is repeated", () => {
    const { draw, screen } = watched();
    draw({ kind: "step-start", step: "pull" });
    draw(bytes("pull", 1000), 200);
    draw(bytes("pull", 3_001_000), 2000);
    expect(screen()).toEqual(["… pull  3.0 MB  1.5 MB/s", ""]);
    draw(bytes("pull", 0), 200);
    expect(screen()).toEqual(["… pull  0 B", ""]);
  });

  it("leaves what stopped on a line of its own, for the error below it", () => {
    const { draw, context, screen } = watched();
    draw({ kind: "step-start", step: "pull" });
    context.err("error: gone\n");
    expect(screen()).toEqual(["… pull", "error: gone", ""]);
  });

  it("says how many more there are than lines", () => {
    const { draw, screen } = watched();
    for (let layer = 0; layer < 10; layer += 1) {
      draw({ kind: "step-start", step: `push ${layer}` });
    }
    expect(screen().slice(-4)).toEqual(["… push 6", "… push 7", "… and 2 more", ""]);
  });

  it("draws nothing when it is to be quiet", () => {
    const { draw, written } = watched({ isQuiet: true });
    draw({ kind: "notice", message: "slow" });
    expect(written).toEqual([]);
  });

  it("leaves no line of what has ended, whatever comes in what order", () => {
    const step = fc.constantFrom("a", "b", "c");
    const event = fc.oneof(
      fc.record({ kind: fc.constant("step-start" as const), step }),
      fc.record({ kind: fc.constant("step-end" as const), step, durationMs: fc.constant(1) }),
      fc.record({
        kind: fc.constant("step-progress" as const),
        step,
        doneBytes: fc.nat(20),
        totalBytes: fc.constant(20),
      }),
    );
    fc.assert(
      fc.property(fc.array(fc.tuple(event, fc.nat(300))), (events) => {
        const { draw, screen } = watched();
        for (const [one, afterMs] of events) {
          draw(one, afterMs);
        }
        for (const name of ["a", "b", "c"]) {
          draw({ kind: "step-end", step: name, durationMs: 1 });
        }
        const lasting = events.filter(([{ kind }]) => kind === "step-end").length + 3;
        expect(screen()).toEqual([
          ...Array.from({ length: lasting }, () => expect.stringMatching(/^✓ [abc] {2}1\.0 ms$/)),
          "",
        ]);
      }),
    );
  });
});
