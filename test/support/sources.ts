/**
 * The project's own files, for tests that hold rules over all of them.
 *
 * @module
 */
import { readFileSync } from "node:fs";
import { glob } from "node:fs/promises";
import { join } from "node:path";

/** Absolute path of the repository. */
export const REPOSITORY = join(import.meta.dirname, "../..");

export interface Source {
  /** From the repository's root, with `/`. */
  readonly path: string;
  readonly text: string;
}

/** Every TypeScript file of ours that matches one of the patterns, sorted by path. */
export async function sourcesOf(patterns: readonly string[]): Promise<Source[]> {
  const skipped = (name: string) => /(?:^|\/)(?:node_modules|dist|\.[^/]+)$/.test(name);
  const paths: string[] = [];
  for await (const path of glob([...patterns], { cwd: REPOSITORY, exclude: skipped })) {
    paths.push(path);
  }
  return paths.sort().map((path) => ({ path, text: readFileSync(join(REPOSITORY, path), "utf8") }));
}

/**
 * What a module imports or exports from: statically, for its effect, dynamically or for a type alone. An import within
 * a quoted text or a comment is none; a computed dynamic import has no specifier.
 */
export function importsOf(text: string): string[] {
  const from = /^(?!\s*(?:\/\/|\/?\*))[^"'`\n]*\bfrom\s*"([^"]+)"/gm;
  const effect = /^\s*import\s+"([^"]+)"/gm;
  const dynamic = /\bimport\(\s*["'`]([^"'`$]+)["'`]/g;
  return [from, effect, dynamic].flatMap((pattern) =>
    [...text.matchAll(pattern)].map(([, specifier = ""]) => specifier),
  );
}
