/**
 * The logs of a running service: one JSON line each, on stderr, never with inputs.
 *
 * @module
 */
import type { Log } from "../core/endpoint.ts";

/** Hears nothing. */
export const silentLog: Log = { info() {}, warn() {}, error() {} };

/** A log whose every line has these fields; a line's own fields win. */
export function withFields(log: Log, fields: object): Log {
  return {
    info: (own, message) => log.info({ ...fields, ...own }, message),
    warn: (own, message) => log.warn({ ...fields, ...own }, message),
    error: (own, message) => log.error({ ...fields, ...own }, message),
  };
}
