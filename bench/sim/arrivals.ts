/**
 * When rows come. Each process is drawn from a stream of its own and knows nothing of the answers (open loop); the mean
 * rate is given in rows.
 *
 * @module
 */
import { exponential, gamma, type Random } from "./random.ts";

export type ArrivalKind =
  | "poisson"
  | "constant"
  | "gamma-cv2"
  | "gamma-cv4"
  | "mmpp-400ms"
  | "mmpp-5s"
  | "step-x10"
  | "client-batches";

export const ARRIVAL_KINDS: readonly ArrivalKind[] = [
  "poisson",
  "constant",
  "gamma-cv2",
  "gamma-cv4",
  "mmpp-400ms",
  "mmpp-5s",
  "step-x10",
  "client-batches",
];

/** One request of so many rows. */
export interface Due {
  readonly at: number;
  readonly rows: number;
}

export interface ArrivalOptions {
  readonly kind: ArrivalKind;
  /** Rows in a millisecond, in the long run (step: after the step). */
  readonly rowsPerMs: number;
  /** When arrivals end. */
  readonly untilMs: number;
  readonly random: Random;
}

/** Gives the next request; undefined once there are no more. */
export type Arrivals = () => Due | undefined;

export function arrivalsOf(options: ArrivalOptions): Arrivals {
  const { kind, rowsPerMs, untilMs, random } = options;
  const gap = gapsOf(options);
  const rowsOf = kind === "client-batches" ? () => clientRows(random) : () => 1;
  // the mean of a client's rows, so that rows keep their rate
  const scale = (kind === "client-batches" ? CLIENT_MEAN : 1) / rowsPerMs;
  let at = 0;
  return () => {
    at += scale * gap(at);
    return at < untilMs ? { at, rows: rowsOf() } : undefined;
  };
}

/** All at the same instants whatever is drawn, for bursts and traces. */
export function arrivalsAt(times: readonly number[]): Arrivals {
  let index = 0;
  return () => {
    const at = times[index];
    index += 1;
    return at === undefined ? undefined : { at, rows: 1 };
  };
}

/** Most rows of one client's batch, and how heavy the tail is. */
const CLIENT_MAX = 64;
const CLIENT_TAIL = 1.2;
const CLIENT_MEAN = meanClientRows();

function clientRows(random: Random): number {
  return Math.min(CLIENT_MAX, Math.floor((1 - random()) ** (-1 / CLIENT_TAIL)));
}

/** Σ P(rows ≥ n). */
function meanClientRows(): number {
  let mean = 0;
  for (let rows = 1; rows <= CLIENT_MAX; rows += 1) {
    mean += rows ** -CLIENT_TAIL;
  }
  return mean;
}

/** Gaps with mean 1 in units of the mean gap; told when the last request came, in milliseconds. */
function gapsOf({ kind, rowsPerMs, untilMs, random }: ArrivalOptions): (at: number) => number {
  switch (kind) {
    case "poisson":
    case "client-batches":
      return () => exponential(random);
    case "constant":
      return () => 1;
    case "gamma-cv2":
      return () => gamma(random, 1 / 4) * 4;
    case "gamma-cv4":
      return () => gamma(random, 1 / 16) * 16;
    case "mmpp-400ms":
      return modulated({ holdMs: 400, rowsPerMs, random });
    case "mmpp-5s":
      return modulated({ holdMs: 5000, rowsPerMs, random });
    case "step-x10":
      return (at) => exponential(random) * (at < untilMs / 2 ? 10 : 1);
  }
}

/** Two states in turn, held for exponential times, with 0.1 and 1.6 times what gives the mean. */
function modulated(options: { holdMs: number; rowsPerMs: number; random: Random }) {
  const { holdMs, rowsPerMs, random } = options;
  const rates = [0.1 / 0.85, 1.6 / 0.85];
  let state = 0;
  let switchAt = holdMs * exponential(random);
  return (at: number) => {
    let work = exponential(random);
    let now = at;
    for (;;) {
      const rate = (rates[state] ?? 1) * rowsPerMs;
      if (now + work / rate <= switchAt) {
        return (now + work / rate - at) * rowsPerMs;
      }
      work -= (switchAt - now) * rate;
      now = switchAt;
      state = 1 - state;
      switchAt = now + holdMs * exponential(random);
    }
  };
}
