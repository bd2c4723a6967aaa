/**
 * Programs that some tests need. A test whose programs are missing is skipped by name; where skipping is forbidden
 * (BENTO_TEST_NO_SKIP=1) it runs and fails.
 *
 * @module
 */
import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";

/** Those of the programs that the search path has not. */
export function missingTools(...names: readonly string[]): string[] {
  const folders = (process.env["PATH"] ?? "").split(delimiter);
  return names.filter((name) => !folders.some((folder) => isExecutable(join(folder, name))));
}

/** For `describe.skipIf`: whether programs are missing and skipping is allowed. */
export function skipWithout(...names: readonly string[]): boolean {
  return process.env["BENTO_TEST_NO_SKIP"] !== "1" && missingTools(...names).length > 0;
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
