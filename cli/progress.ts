/**
 * Draws progress events on stderr: a line for each finished step, and on a terminal a running one for each that is at
 * work, with a bar, the rate and the time left where its end is known.
 *
 * What runs is always drawn with a line end behind it, so that whatever is written after a step that failed stands on a
 * line of its own.
 *
 * @module
 */
import type { OnProgress, ProgressEvent } from "../core/progress.ts";
import { formatBytes, formatDuration } from "../core/units.ts";
import type { CliContext } from "./context.ts";
import { advanceTransfer, meanRate, type Transfer, transferLine } from "./transfer.ts";

const UP_AND_CLEAR = "\u001b[1A\r\u001b[K";
/** A longer line would wrap, and could not be drawn over. */
const DEFAULT_COLUMNS = 80;
/** Between two drawings of bytes alone, in milliseconds. */
const REDRAW_MS = 100;
const MOST_LINES = 8;
/** Transfers of more bytes leave a line behind although nobody has told their beginning and end. */
const LONG_BYTES = 10_000_000;

/** What is at work. */
interface Running {
  /** Whether a beginning was told, and so an end will be. */
  readonly isStep: boolean;
  readonly transfer: Transfer | undefined;
}

/**
 * @param isQuiet - nothing is drawn, for `--json` and `-q`
 * @param now - milliseconds of a clock that never goes back
 */
export function drawProgress(
  context: CliContext,
  isQuiet = false,
  now: () => number = () => performance.now(),
): OnProgress {
  if (isQuiet) {
    return () => {};
  }
  const follow = follower(now);
  return context.isTerminal ? drawOnTerminal(context, follow, now) : drawLines(context, follow);
}

interface Followed {
  readonly running: ReadonlyMap<string, Running>;
  /** The line that stays of an event. */
  readonly lasting: string | undefined;
}

/** Keeps what is at work from event to event. */
function follower(now: () => number): (event: ProgressEvent) => Followed {
  const running = new Map<string, Running>();
  const whole = new Set<string>();
  const progress = (event: ProgressEvent & { kind: "step-progress" }): string | undefined => {
    const { step, doneBytes, totalBytes } = event;
    const nowMs = now();
    const isWhole = doneBytes === totalBytes;
    const before = running.get(step);
    if (before === undefined && isWhole && whole.has(step)) {
      return undefined; // told once more
    }
    const transfer = advanceTransfer(before?.transfer, { doneBytes, totalBytes, nowMs });
    if (!isWhole || before?.isStep === true) {
      running.set(step, { isStep: before?.isStep === true, transfer });
      whole.delete(step);
      return undefined;
    }
    running.delete(step);
    whole.add(step);
    return doneBytes < LONG_BYTES ? undefined : transferred(step, transfer, nowMs);
  };
  return (event) => {
    if (event.kind === "step-progress") {
      return { running, lasting: progress(event) };
    }
    if (event.kind === "step-start") {
      running.set(event.step, { isStep: true, transfer: undefined });
    } else if (event.kind === "step-end") {
      running.delete(event.step);
    }
    return { running, lasting: lastingLine(event) };
  };
}

function drawLines(context: CliContext, follow: (event: ProgressEvent) => Followed): OnProgress {
  return (event) => {
    const { lasting } = follow(event);
    if (lasting !== undefined) {
      context.err(`${lasting}\n`);
    }
  };
}

function drawOnTerminal(
  context: CliContext,
  follow: (event: ProgressEvent) => Followed,
  now: () => number,
): OnProgress {
  let drawn: readonly string[] = [];
  let drawnMs = Number.NEGATIVE_INFINITY;
  return (event) => {
    const { running, lasting } = follow(event);
    const isBytesAlone = event.kind === "step-progress" && lasting === undefined;
    const nowMs = now();
    if (isBytesAlone && nowMs - drawnMs < REDRAW_MS) {
      return; // the next one shows it
    }
    const lines = runningLines(running, (context.columns ?? DEFAULT_COLUMNS) - 1);
    if (lasting === undefined && lines.join("\n") === drawn.join("\n")) {
      return;
    }
    const above = lasting === undefined ? [] : [lasting];
    const text = [...above, ...lines].map((line) => `${line}\n`).join("");
    context.err(`${UP_AND_CLEAR.repeat(drawn.length)}${text}`);
    drawn = lines;
    drawnMs = nowMs;
  };
}

function runningLines(running: ReadonlyMap<string, Running>, width: number): string[] {
  const lines = [...running].map(([step, { transfer }]) =>
    transfer === undefined ? `… ${step}`.slice(0, width) : transferLine(step, transfer, width),
  );
  const more = lines.length - MOST_LINES;
  return more <= 0 ? lines : [...lines.slice(0, MOST_LINES), `… and ${more} more`];
}

function transferred(step: string, transfer: Transfer, nowMs: number): string {
  const rate = meanRate(transfer, nowMs);
  const speed = rate === undefined ? "" : `, ${formatBytes(rate)}/s`;
  const took = formatDuration(nowMs - transfer.startedMs);
  return `✓ ${step}  ${took}  ${formatBytes(transfer.doneBytes)}${speed}`;
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
