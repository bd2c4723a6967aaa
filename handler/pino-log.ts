/**
 * The process's own log: JSON lines on stderr, secrets hidden by their keys here and nowhere else.
 *
 * @module
 */
import { destination, pino, stdSerializers, stdTimeFunctions } from "pino";
import { BentoError } from "../core/bento-error.ts";
import { nearest } from "../core/nearest.ts";
import type { AccessLog, ServerLog } from "./log.ts";
import { createTurnSink, type TurnSink } from "./turn-sink.ts";

const LEVELS = ["trace", "debug", "info", "warn", "error", "fatal", "silent"];
const SECRETS = ["password", "secret", "token", "apiKey", "authorization", "cookie"];

export interface PinoLogOptions {
  /** One of pino's levels. @default "info" */
  readonly level?: string | undefined;
  /** Fields of every line. */
  readonly base: Readonly<Record<string, string>>;
}

/** @throws BentoError BENTO_INVALID_INPUT for an unknown level */
export function pinoLog({ level = "info", base }: PinoLogOptions): ServerLog {
  if (!LEVELS.includes(level)) {
    const near = nearest(level, LEVELS);
    const advice = near === undefined ? "" : `; did you mean ${near}?`;
    throw new BentoError(
      "BENTO_INVALID_INPUT",
      `unknown log level ${JSON.stringify(level)}${advice}`,
      {
        where: "LOG_LEVEL",
        hint: `set it to one of ${LEVELS.join(", ")}`,
      },
    );
  }
  const sink = createTurnSink({ target: destination({ fd: 2, sync: true }) });
  process.on("exit", sink.flush);
  const logger = pino(
    {
      level,
      base,
      timestamp: stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      serializers: { err: stdSerializers.err },
      redact: { paths: SECRETS.flatMap((key) => [key, `*.${key}`]), censor: "[hidden]" },
    },
    sink,
  );
  return {
    info: logger.info.bind(logger),
    warn: logger.warn.bind(logger),
    error: logger.error.bind(logger),
    access: logger.isLevelEnabled("info") ? accessLog(base, sink) : () => {},
  };
}

/** Lines like pino's. None of their fields is a user's, so that there is nothing to hide and little to escape. */
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
