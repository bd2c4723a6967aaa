import { appendFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { lastLines, logLines } from "../../../adapters/local/log-file.ts";
import { tempDir } from "../../support/temp-dir.ts";

describe("lastLines", () => {
  it.each([
    ["", 2, []],
    ["a\n", 2, ["a"]],
    ["a\nb\nc\n", 2, ["b", "c"]],
    ["a\nb\nc", 2, ["b", "c"]],
    ["a\n", 0, []],
  ])("of %j, %d of them, is %j", async (text, count, lines) => {
    await using directory = await tempDir();
    const path = join(directory.path, "log");
    await writeFile(path, text);
    expect(await lastLines(path, count)).toEqual(lines);
  });

  it("is nothing where there is no file", async () => {
    await using directory = await tempDir();
    expect(await lastLines(join(directory.path, "log"), 3)).toEqual([]);
  });
});

describe("logLines", () => {
  it("gives all lines, the last one without its end too", async () => {
    await using directory = await tempDir();
    const path = join(directory.path, "log");
    await writeFile(path, "a\n\nb");
    expect(await Array.fromAsync(logLines(path, {}))).toEqual(["a", "", "b"]);
    expect(await Array.fromAsync(logLines(path, { tail: 2 }))).toEqual(["", "b"]);
    expect(await Array.fromAsync(logLines(path, { tail: 0 }))).toEqual([]);
  });

  it("follows the file until it is told to stop, whole characters at a time", async () => {
    await using directory = await tempDir();
    const path = join(directory.path, "log");
    await writeFile(path, "old\nfirst\nhal");
    const abort = new AbortController();
    const seen: string[] = [];
    const snowman = Buffer.from("☃");
    for await (const line of logLines(path, { tail: 1, follow: true, signal: abort.signal })) {
      seen.push(line);
      if (line === "first") {
        await appendFile(path, Buffer.concat([Buffer.from("f\n"), snowman.subarray(0, 1)]));
      } else if (line === "half") {
        await appendFile(path, Buffer.concat([snowman.subarray(1), Buffer.from("\n")]));
      } else {
        abort.abort();
      }
    }
    expect(seen).toEqual(["first", "half", "☃"]);
  });
});
