/**
 * Stack traces of a bundle that name the lines of its sources. A source map is read when an error is first shown, not when
 * the bundle is loaded as Node's own `--enable-source-maps` does: that costs a cold start 30 ms and the memory of all maps.
 *
 * @module
 */
import { existsSync, readFileSync } from "node:fs";
import { SourceMap } from "node:module";
import { fileURLToPath } from "node:url";

const maps = new Map<string, SourceMap | undefined>();

/** From now on, in this thread. Files without a `.map` beside them are named as they are. */
export function mapStackTraces(): void {
  Error.prepareStackTrace = (error, frames) =>
    [headOf(error), ...frames.map((frame) => `    at ${describe(frame)}`)].join("\n");
}

function headOf(error: Error): string {
  try {
    return Error.prototype.toString.call(error);
  } catch {
    return "Error";
  }
}

function describe(frame: NodeJS.CallSite): string {
  const text = String(frame);
  const [file, line, column] = [
    frame.getFileName(),
    frame.getLineNumber(),
    frame.getColumnNumber(),
  ];
  if (typeof file !== "string" || line === null || column === null) {
    return text;
  }
  const entry = mapOf(file)?.findEntry(line - 1, column - 1);
  if (entry === undefined || !("originalSource" in entry)) {
    return text;
  }
  const { originalSource, originalLine, originalColumn } = entry;
  return text.replace(
    `${file}:${line}:${column}`,
    `${originalSource}:${originalLine + 1}:${originalColumn + 1}`,
  );
}

function mapOf(file: string): SourceMap | undefined {
  if (!file.startsWith("file:") || !file.endsWith(".js")) {
    return undefined;
  }
  if (!maps.has(file)) {
    maps.set(file, undefined); // an error in here is shown unmapped
    maps.set(file, readMap(`${fileURLToPath(file)}.map`));
  }
  return maps.get(file);
}

function readMap(path: string): SourceMap | undefined {
  try {
    return existsSync(path) ? new SourceMap(JSON.parse(readFileSync(path, "utf8"))) : undefined;
  } catch {
    return undefined; // traces are not worth failing for
  }
}
