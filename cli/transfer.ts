/**
 * How fast bytes of one step go, and how a line says so. The clock is the caller's: what is shown follows from the
 * events and their times alone.
 *
 * @module
 */
import { formatBytes } from "../core/units.ts";

/** The bytes of a step so far, at times in milliseconds. */
export interface Transfer {
  readonly startedMs: number;
  readonly firstBytes: number;
  readonly doneBytes: number;
  readonly totalBytes: number | undefined;
  /** Where the rate was last taken. */
  readonly sampleMs: number;
  readonly sampleBytes: number;
  /** Bytes a second, smoothed; undefined until it can be told. */
  readonly rate: number | undefined;
}

export interface TransferNow {
  readonly doneBytes: number;
  readonly totalBytes: number | undefined;
  readonly nowMs: number;
}

/** What happened so long ago weighs a third of what happens now. */
const SMOOTHING_MS = 3000;
/** Rates of shorter times say more about buffers than about the network. */
const SHORTEST_SAMPLE_MS = 250;
/** Before it, a rate and a time left would jump. */
const FIRST_RATE_MS = 1000;

const WIDEST_BAR = 20;
const NARROWEST_BAR = 6;
const SHORTEST_NAME = 12;

/** The transfer after an event; one that goes back, as a repeated try does, begins anew. */
export function advanceTransfer(before: Transfer | undefined, now: TransferNow): Transfer {
  const { doneBytes, totalBytes, nowMs } = now;
  if (before === undefined || doneBytes < before.doneBytes) {
    return {
      ...{ startedMs: nowMs, firstBytes: doneBytes, doneBytes, totalBytes },
      ...{ sampleMs: nowMs, sampleBytes: doneBytes, rate: undefined },
    };
  }
  const elapsedMs = nowMs - before.sampleMs;
  if (elapsedMs < SHORTEST_SAMPLE_MS) {
    return { ...before, doneBytes, totalBytes };
  }
  const latest = ((doneBytes - before.sampleBytes) * 1000) / elapsedMs;
  const weight = 1 - Math.exp(-elapsedMs / SMOOTHING_MS);
  const rate = before.rate === undefined ? latest : before.rate + weight * (latest - before.rate);
  return { ...before, doneBytes, totalBytes, sampleMs: nowMs, sampleBytes: doneBytes, rate };
}

/** Bytes a second over all of it, undefined for what took no time. */
export function meanRate(transfer: Transfer, nowMs: number): number | undefined {
  const elapsedMs = nowMs - transfer.startedMs;
  return elapsedMs <= 0
    ? undefined
    : ((transfer.doneBytes - transfer.firstBytes) * 1000) / elapsedMs;
}

/**
 * The line of a running transfer: name, bar, percent, bytes, rate, time left. Where it is narrow the bar shrinks first,
 * then the name: the numbers are what is looked at.
 *
 * @param width - characters that the line may have
 */
export function transferLine(step: string, transfer: Transfer, width: number): string {
  const { doneBytes, totalBytes } = transfer;
  const speed = speedOf(transfer);
  if (totalBytes === undefined) {
    return fitted(step, `  ${[formatBytes(doneBytes), ...speed].join("  ")}`, width);
  }
  const part = totalBytes === 0 ? 1 : Math.min(1, doneBytes / totalBytes);
  const percent = `${Math.floor(part * 100)} %`.padStart(5);
  const amounts = `${formatBytes(doneBytes)} of ${formatBytes(totalBytes)}`;
  const numbers = [percent, amounts, ...speed].join("  ");
  const left = width - `… ${step}   ${numbers}`.length;
  const bar = barOf(part, Math.max(NARROWEST_BAR, Math.min(WIDEST_BAR, left)));
  return fitted(step, `  ${bar} ${numbers}`, width);
}

function speedOf(transfer: Transfer): string[] {
  const { rate, sampleMs, startedMs, doneBytes, totalBytes } = transfer;
  if (rate === undefined || sampleMs - startedMs < FIRST_RATE_MS) {
    return [];
  }
  const speed = `${formatBytes(rate)}/s`;
  return totalBytes === undefined || rate < 1
    ? [speed]
    : [speed, `${timeLeft((totalBytes - doneBytes) / rate)} left`];
}

/** Whole seconds up to two minutes, then minutes, then hours: nobody waits by more. */
function timeLeft(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  if (whole < 120) {
    return `${whole} s`;
  }
  const minutes = Math.round(seconds / 60);
  return minutes < 120 ? `${minutes} min` : `${Math.round(seconds / 3600)} h`;
}

function barOf(part: number, characters: number): string {
  return "█".repeat(Math.floor(part * characters)).padEnd(characters, "░");
}

function fitted(step: string, rest: string, width: number): string {
  const room = Math.max(SHORTEST_NAME, width - rest.length - "… ".length);
  const name = step.length <= room ? step : `${step.slice(0, room - 1)}…`;
  return `… ${name}${rest}`.slice(0, width);
}
