/**
 * Golden outputs as files: compared on every run, written only when asked for by `BENTO_UPDATE_GOLDEN=1`.
 *
 * @module
 */
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { expect } from "vitest";

/** @param path - absolute; its text is what is expected */
export async function expectGolden(path: string, text: string): Promise<void> {
  if (process.env["BENTO_UPDATE_GOLDEN"] === "1") {
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, text);
  }
  expect(text).toBe(await readFile(path, "utf8"));
}
