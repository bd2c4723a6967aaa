/**
 * Gathers the log lines of one turn of the event loop and writes them at its end: under load one write serves many
 * requests, and none waits for its line. Nothing is held longer; what is urgent is written at once, and so is all the rest
 * when the process ends.
 *
 * @module
 */

export interface TurnSink {
  /** @param line - whole, with its line feed */
  write(line: string, isUrgent?: boolean): void;
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
    write(line, isUrgent = false) {
      held += line;
      if (isUrgent) {
        flush();
      } else if (!isDue) {
        isDue = true;
        atEndOfTurn(atEnd);
      }
    },
    flush,
  };
}
