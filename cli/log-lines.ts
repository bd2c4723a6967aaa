/**
 * A server's JSON log lines as a person reads them while developing; other lines pass unchanged.
 *
 * @module
 */

/** One line without its end. */
export function readableLog(line: string): string {
  const fields = parseFields(line);
  if (fields === undefined) {
    return line;
  }
  const { time, level, msg, ...rest } = fields;
  const clock = typeof time === "string" ? time.slice(11, 19) : "";
  if (msg === "request") {
    const { method, path, status, durationMs } = rest;
    return `${clock} ${status} ${method} ${path} ${durationMs} ms`;
  }
  const { bento: _, ...shown } = rest;
  const pairs = Object.entries(shown).map(([key, value]) => `${key}=${showValue(value)}`);
  const head = level === "info" ? "" : `${String(level)}: `;
  return [clock, `${head}${String(msg)}`, ...pairs].join(" ");
}

function showValue(value: unknown): string {
  if (typeof value === "object" && value !== null && "stack" in value) {
    return `\n${String(value.stack)}`;
  }
  return typeof value === "string" ? value : JSON.stringify(value);
}

function parseFields(line: string): Record<string, unknown> | undefined {
  if (!line.startsWith("{")) {
    return undefined;
  }
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === "object" && value !== null && "msg" in value ? { ...value } : undefined;
  } catch {
    return undefined;
  }
}
