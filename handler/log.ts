/**
 * The logs of a running service: one JSON line each, on stderr, never with inputs.
 *
 * @module
 */
import type { Log } from "../core/endpoint.ts";

/** One answered request. */
export interface AccessLine {
  readonly requestId: string;
  readonly method: string;
  readonly path: string;
  readonly status: number;
  readonly durationMs: number;
}

export type AccessLog = (line: AccessLine) => void;

/** A log that may have a shorter way for the many lines that all look alike. */
export interface ServerLog extends Log {
  /** @default info(line, "request") */
  readonly access?: AccessLog;
}

/** Hears nothing. */
export const silentLog: ServerLog = { info() {}, warn() {}, error() {} };

/** A log whose every line has these fields; a line's own fields win. */
export function withFields(log: Log, fields: object): Log {
  return {
    info: (own, message) => log.info({ ...fields, ...own }, message),
    warn: (own, message) => log.warn({ ...fields, ...own }, message),
    error: (own, message) => log.error({ ...fields, ...own }, message),
  };
}
