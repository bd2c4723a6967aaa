/**
 * Gathers the log lines of one turn of the event loop and writes them at its end: under load one write serves many
 * requests, and none waits for its line. Nothing is held longer; what warns is written at once, and so is all the rest when
 * the process ends.
 *
 * @module
 */

/** pino's name for a stream that is told the level of each line. */
const METADATA = Symbol.for("pino.metadata");
const WARN = 40;

export interface TurnSink {
  readonly [METADATA]: true;
  /** Set by pino before each write. */
  lastLevel: number;
  /** @param line - whole, with its line feed */
  write(line: string): void;
  /** Writes what is held. */
  flush(): void;
}

export interface TurnSinkOptions {
  /** Writes before it returns. */
  readonly target: { write(text: string): void };
  /** @default setImmediate */
  readonly atEndOfTurn?: (work: () => void) => void;
}

export function createTurnSink(options: TurnSinkOptions): TurnSink {
  const { target, atEndOfTurn = setImmediate } = options;
  let held = "";
  let isDue = false;
  const flush = () => {
    if (held !== "") {
      const text = held;
      held = "";
      target.write(text);
    }
  };
  const atEnd = () => {
    isDue = false;
    flush();
  };
  return {
    [METADATA]: true,
    lastLevel: 0,
    write(line) {
      held += line;
      if (this.lastLevel >= WARN) {
        this.lastLevel = 0;
        flush();
      } else if (!isDue) {
        isDue = true;
        atEndOfTurn(atEnd);
      }
    },
    flush,
  };
}
