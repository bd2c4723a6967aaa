/**
 * A gate: a condition on a number that a model has to meet before it is promoted, such as `accuracy>=0.95` or, against
 * the version that is promoted now, `accuracy>=current-0.01`. Pure.
 *
 * @module
 */
import { BentoError } from "./bento-error.ts";

const COMPARE = {
  ">=": (a: number, b: number) => a >= b,
  "<=": (a: number, b: number) => a <= b,
  ">": (a: number, b: number) => a > b,
  "<": (a: number, b: number) => a < b,
  "==": (a: number, b: number) => a === b,
} as const;

export interface Gate {
  /** As written. */
  readonly text: string;
  /** Name of the number, e.g. `accuracy`. */
  readonly metric: string;
  readonly operator: keyof typeof COMPARE;
  /** What it is compared with: this much, added to what the current version has where that is asked for. */
  readonly amount: number;
  readonly isFromCurrent: boolean;
}

/** What a gate said. */
export interface GateVerdict {
  readonly gate: string;
  readonly holds: boolean;
  /** What the model has; undefined when it lacks the number. */
  readonly value: number | undefined;
  /** What it was compared with; undefined when the current version lacks the number. */
  readonly limit: number | undefined;
  /** The verdict in words. */
  readonly reason: string;
}

/** Numbers by name. */
export type Metrics = Readonly<Record<string, unknown>>;

const GATE =
  /^\s*([A-Za-z_][\w.-]*)\s*(>=|<=|==|>|<)\s*(?:(current)\s*(?:([+-])\s*)?)?(-?\d+(?:\.\d+)?(?:e-?\d+)?)?(%)?\s*$/;

/**
 * Reads `metric>=number`, `metric<=number%` or `metric>=current-number`; a percentage is a hundredth.
 *
 * @throws BentoError BENTO_USAGE for anything else
 */
export function parseGate(text: string): Gate {
  const [, metric, operator, current, sign, digits, percent] = GATE.exec(text) ?? [];
  const isFromCurrent = current !== undefined;
  // `current` needs a sign before a number, and a plain number has none
  const isWhole = isFromCurrent ? (sign === undefined) === (digits === undefined) : digits;
  if (metric === undefined || !isOperator(operator) || !isWhole) {
    throw new BentoError("BENTO_USAGE", `not a gate: ${JSON.stringify(text)}`, {
      where: "--require",
      hint: "write it as METRIC>=NUMBER or METRIC>=current-NUMBER, e.g. 'accuracy>=current-0.01'",
    });
  }
  const number = Number(digits ?? 0) / (percent === undefined ? 1 : 100);
  return {
    text: text.trim(),
    metric,
    operator,
    amount: sign === "-" ? -number : number,
    isFromCurrent,
  };
}

/**
 * @param current - numbers of the version that is promoted now; undefined when there is none, and then a gate against
 * it holds as long as the model has the number
 */
export function checkGate(gate: Gate, metrics: Metrics, current: Metrics | undefined): GateVerdict {
  const { text, metric, operator, amount, isFromCurrent } = gate;
  const value = numberOf(metrics, metric);
  const base = isFromCurrent ? current && numberOf(current, metric) : 0;
  const limit = base === undefined ? undefined : base + amount;
  const said = { gate: text, value, limit };
  if (value === undefined) {
    return { ...said, holds: false, reason: `the model has no number called ${metric}` };
  }
  if (limit === undefined) {
    return current === undefined
      ? { ...said, holds: true, reason: `${metric} is ${value}, and nothing is promoted yet` }
      : { ...said, holds: false, reason: `the current version has no number called ${metric}` };
  }
  const holds = COMPARE[operator](value, limit);
  const verb = holds ? "is" : "is not";
  return { ...said, holds, reason: `${metric} ${verb} ${operator} ${limit}: it is ${value}` };
}

function isOperator(text: string | undefined): text is Gate["operator"] {
  return text !== undefined && Object.hasOwn(COMPARE, text);
}

function numberOf(metrics: Metrics, name: string): number | undefined {
  const value = Object.hasOwn(metrics, name) ? metrics[name] : undefined;
  return typeof value === "number" && Number.isFinite(value) ? value : undefined;
}
