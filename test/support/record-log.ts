/**
 * A log that keeps its lines, for tests.
 *
 * @module
 */
import type { Log } from "../../core/endpoint.ts";

export interface LogLine {
  readonly level: "info" | "warn" | "error";
  readonly fields: Readonly<Record<string, unknown>>;
  readonly message: string;
}

export interface RecordedLog extends Log {
  readonly lines: LogLine[];
}

export function recordLog(): RecordedLog {
  const lines: LogLine[] = [];
  const at = (level: LogLine["level"]) => (fields: object, message: string) =>
    void lines.push({ level, fields: { ...fields }, message });
  return { lines, info: at("info"), warn: at("warn"), error: at("error") };
}
