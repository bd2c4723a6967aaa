/**
 * Draws progress events on stderr: a line for each finished step, and on a terminal a running one for each that is at
 * work, with a bar where its end is known.
 *
 * @module
 */
import type { OnProgress, ProgressEvent } from "../core/progress.ts";
import { formatBytes, formatDuration } from "../core/units.ts";
import type { CliContext } from "./context.ts";

const CLEAR_LINE = "\r\u001b[K";
const UP_AND_CLEAR = "\u001b[1A\u001b[K";
/** A longer line would wrap, and could not be drawn over. */
const LINE_CHARACTERS = 79;
const BAR_CHARACTERS = 20;

/** @param isQuiet - nothing is drawn, for `--json` and `-q` */
export function drawProgress(context: CliContext, isQuiet = false): OnProgress {
  if (isQuiet) {
    return () => {};
  }
  return context.isTerminal ? drawOnTerminal(context) : drawLines(context);
}

function drawLines(context: CliContext): OnProgress {
  return (event) => {
    const line = lastingLine(event);
    if (line !== undefined) {
      context.err(`${line}\n`);
    }
  };
}

function drawOnTerminal(context: CliContext): OnProgress {
  /** What is at work, by step. */
  const running = new Map<string, string>();
  let drawnLines = 0;
  const redraw = (lasting: string | undefined) => {
    const erase = CLEAR_LINE + UP_AND_CLEAR.repeat(Math.max(0, drawnLines - 1));
    const above = lasting === undefined ? "" : `${lasting}\n`;
    context.err(`${erase}${above}${[...running.values()].join("\n")}`);
    drawnLines = running.size;
  };
  return (event) => {
    if (event.kind === "step-start" || event.kind === "step-progress") {
      const text = runningLine(event).slice(0, LINE_CHARACTERS);
      if (running.get(event.step) !== text) {
        running.set(event.step, text);
        redraw(undefined);
      }
      return;
    }
    if (event.kind === "step-end") {
      running.delete(event.step);
    }
    redraw(lastingLine(event));
  };
}

function runningLine(event: ProgressEvent & { kind: "step-start" | "step-progress" }): string {
  if (event.kind === "step-start") {
    return `… ${event.step}`;
  }
  const { step, doneBytes, totalBytes } = event;
  return totalBytes === undefined
    ? `… ${step}  ${formatBytes(doneBytes)}`
    : `… ${step}  ${bar(doneBytes, totalBytes)}  ${formatBytes(doneBytes)} of ${formatBytes(totalBytes)}`;
}

function bar(doneBytes: number, totalBytes: number): string {
  const part = totalBytes === 0 ? 1 : Math.min(1, doneBytes / totalBytes);
  return "█".repeat(Math.floor(part * BAR_CHARACTERS)).padEnd(BAR_CHARACTERS, "░");
}

function lastingLine(event: ProgressEvent): string | undefined {
  if (event.kind === "notice") {
    return `! ${event.message}`;
  }
  if (event.kind !== "step-end") {
    return undefined;
  }
  const detail = event.detail === undefined ? "" : `  ${event.detail}`;
  return `✓ ${event.step}  ${formatDuration(event.durationMs)}${detail}`;
}
