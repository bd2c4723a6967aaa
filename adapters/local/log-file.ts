/**
 * Log files of processes on this machine, read as lines.
 *
 * @module
 */
import { open, readFile } from "node:fs/promises";
import { StringDecoder } from "node:string_decoder";
import { setTimeout as wait } from "node:timers/promises";
import type { LogOptions } from "../adapter.ts";

const FOLLOW_EVERY_MS = 200;

/** The last lines of a file, oldest first; none when the file is not there. */
export async function lastLines(path: string, count: number): Promise<string[]> {
  const text = await readFile(path, "utf8").catch(() => "");
  return count === 0 ? [] : linesOf(text).slice(-count);
}

/**
 * @param options - `follow` goes on until the signal, and then ends without an error
 */
export async function* logLines(
  path: string,
  options: LogOptions & { readonly signal?: AbortSignal | undefined },
): AsyncIterable<string> {
  await using file = await open(path, "r");
  const decoder = new StringDecoder("utf8");
  let pending = "";
  let position = 0;
  let isFirst = true;
  while (true) {
    const bytes = await readFrom(file, position);
    position += bytes.length;
    const parts = (pending + decoder.write(bytes)).split("\n");
    pending = parts.pop() ?? "";
    const all = options.follow || pending === "" ? parts : [...parts, pending];
    yield* isFirst && options.tail !== undefined
      ? all.slice(Math.max(0, all.length - options.tail))
      : all;
    isFirst = false;
    if (!options.follow || options.signal?.aborted) {
      return;
    }
    await wait(FOLLOW_EVERY_MS, undefined, { signal: options.signal }).catch(() => {});
  }
}

function linesOf(text: string): string[] {
  const lines = text.split("\n");
  return lines.at(-1) === "" ? lines.slice(0, -1) : lines;
}

async function readFrom(file: Awaited<ReturnType<typeof open>>, position: number): Promise<Buffer> {
  const { size } = await file.stat();
  const buffer = Buffer.alloc(Math.max(0, size - position));
  const { bytesRead } = await file.read(buffer, 0, buffer.length, position);
  return buffer.subarray(0, bytesRead);
}
