/**
 * The process's own log: JSON lines on stderr, secrets hidden by their keys here and nowhere else.
 *
 * @module
 */
import { destination, pino, stdSerializers, stdTimeFunctions } from "pino";
import { BentoError } from "../core/bento-error.ts";
import type { Log } from "../core/endpoint.ts";
import { nearest } from "../core/nearest.ts";

const LEVELS = ["trace", "debug", "info", "warn", "error", "fatal", "silent"];
const SECRETS = ["password", "secret", "token", "apiKey", "authorization", "cookie"];

export interface PinoLogOptions {
  /** One of pino's levels. @default "info" */
  readonly level?: string | undefined;
  /** Fields of every line. */
  readonly base: Readonly<Record<string, string>>;
}

/** @throws BentoError BENTO_INVALID_INPUT for an unknown level */
export function pinoLog({ level = "info", base }: PinoLogOptions): Log {
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
  return pino(
    {
      level,
      base,
      timestamp: stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      serializers: { err: stdSerializers.err },
      redact: { paths: SECRETS.flatMap((key) => [key, `*.${key}`]), censor: "[hidden]" },
    },
    // at once, so that the last lines before an end are not lost
    destination({ fd: 2, sync: true }),
  );
}
