/**
 * The version of this package, from its own manifest.
 *
 * @module
 */
import { readFileSync } from "node:fs";

/** Read at each call; the file is two folders up from the build and one from the sources. */
export function readVersion(): string {
  for (const candidate of ["../package.json", "../../package.json"]) {
    try {
      const manifest: unknown = JSON.parse(
        readFileSync(new URL(candidate, import.meta.url), "utf8"),
      );
      if (typeof manifest === "object" && manifest !== null && "version" in manifest) {
        return String(manifest.version);
      }
    } catch {
      // the other place has it
    }
  }
  return "0.0.0";
}
