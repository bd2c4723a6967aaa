/**
 * The process's own log: JSON lines on stderr in pino's shape, secrets hidden by their keys here and nowhere else. Logging
 * never throws.
 *
 * @module
 */
import { writeSync } from "node:fs";
import { BentoError } from "../core/bento-error.ts";
import { nearest } from "../core/nearest.ts";
import type { AccessLog, ServerLog } from "./log.ts";
import { createTurnSink, type TurnSink } from "./turn-sink.ts";

/** By severity, from the least; nothing is at "silent". */
const LEVELS: readonly string[] = ["trace", "debug", "info", "warn", "error", "fatal", "silent"];
type Level = "info" | "warn" | "error";

/** Their values are hidden at any depth. */
const SECRETS = new Set([
  "password",
  "secret",
  "token",
  "apiKey",
  "authorization",
  "Authorization",
  "cookie",
  "Cookie",
]);

/** How long a reader of stderr that is behind is waited for before the next try. */
const RETRY_MS = 5;

export interface JsonLogOptions {
  /** From which level on lines are written. @default "info" */
  readonly level?: string | undefined;
  /** Fields of every line. */
  readonly base: Readonly<Record<string, string>>;
  /** Writes before it returns. @default stderr */
  readonly target?: { write(text: string): void };
}

/** @throws BentoError BENTO_INVALID_INPUT for an unknown level */
export function jsonLog({ level = "info", base, target = stderr }: JsonLogOptions): ServerLog {
  const least = LEVELS.indexOf(level);
  if (least < 0) {
    throw unknownLevel(level);
  }
  const sink = createTurnSink({ target });
  if (target === stderr) {
    process.on("exit", sink.flush);
  }
  const at = (own: Level, isUrgent: boolean) =>
    LEVELS.indexOf(own) < least
      ? () => {}
      : (fields: object, message: string) =>
          sink.write(lineOf({ level: own, base, fields, message }), isUrgent);
  return {
    info: at("info", false),
    warn: at("warn", true),
    error: at("error", true),
    access: least <= LEVELS.indexOf("info") ? accessLog(base, sink) : () => {},
  };
}

interface Line {
  readonly level: Level;
  readonly base: Readonly<Record<string, string>>;
  readonly fields: unknown;
  readonly message: string | undefined;
}

function lineOf({ level, base, fields, message }: Line): string {
  const common = { level, time: new Date().toISOString(), ...base };
  try {
    // a caller without types may give a text or an error alone
    const own = fields instanceof Error ? { err: fields } : fields;
    const msg = message ?? (fields instanceof Error ? fields.message : undefined);
    const line = typeof own === "string" ? { msg: own } : { ...Object(own), msg };
    return `${JSON.stringify({ ...common, ...line }, createReplacer())}\n`;
  } catch {
    // what a getter or a toJSON of the caller's throws is no reason to fail a request
    return `${JSON.stringify({ ...common, unwritable: true, msg: message })}\n`;
  }
}

/** For one line: hides secrets, and writes what JSON has no form for. */
function createReplacer(): (this: unknown, key: string, value: unknown) => unknown {
  const above: unknown[] = [];
  return function replace(key, value) {
    if (SECRETS.has(key)) {
      return "[hidden]";
    }
    if (typeof value === "bigint") {
      return String(value);
    }
    if (typeof value !== "object" || value === null) {
      return value;
    }
    while (above.length > 0 && above.at(-1) !== this) {
      above.pop(); // `this` holds the value: what is deeper is written
    }
    if (above.includes(value)) {
      return "[Circular]";
    }
    const written = value instanceof Error ? describeError(value) : value;
    above.push(written);
    return written;
  };
}

function describeError(error: Error): object {
  const { name, message, stack, cause } = error;
  const own = Object.fromEntries(Object.entries(error).filter(([key]) => key !== "cause"));
  return { ...own, type: name, message, stack, ...(cause === undefined ? {} : { cause }) };
}

/** Lines of the same shape. None of their fields is a user's, so that there is nothing to hide and little to escape. */
function accessLog(base: Readonly<Record<string, string>>, sink: TurnSink): AccessLog {
  const fixed = JSON.stringify(base).slice(1, -1);
  const common = fixed === "" ? "" : `,${fixed}`;
  return ({ requestId, method, path, status, durationMs }) => {
    const time = new Date().toISOString();
    sink.write(
      `{"level":"info","time":"${time}"${common},"requestId":${JSON.stringify(requestId)},"method":${JSON.stringify(method)},"path":${JSON.stringify(path)},"status":${status},"durationMs":${durationMs},"msg":"request"}\n`,
    );
  };
}

const stderr = {
  write(text: string): void {
    let rest: Uint8Array = Buffer.from(text);
    while (rest.byteLength > 0) {
      try {
        rest = rest.subarray(writeSync(2, rest));
      } catch (error) {
        if (!(error instanceof Error && "code" in error && error.code === "EAGAIN")) {
          return; // nobody reads it any more
        }
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, RETRY_MS);
      }
    }
  },
};

function unknownLevel(level: string): BentoError {
  const near = nearest(level, LEVELS);
  const advice = near === undefined ? "" : `; did you mean ${near}?`;
  return new BentoError(
    "BENTO_INVALID_INPUT",
    `unknown log level ${JSON.stringify(level)}${advice}`,
    { where: "LOG_LEVEL", hint: `set it to one of ${LEVELS.join(", ")}` },
  );
}
