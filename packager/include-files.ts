/**
 * Collects the files beside the bundle that a service reads when it runs, by the patterns of bentofile.yaml.
 *
 * @module
 */
import { glob, lstat, readFile, realpath } from "node:fs/promises";
import { isAbsolute, join, sep } from "node:path";
import { BentoError } from "../core/bento-error.ts";
import { BENTOFILE, type Project } from "./project.ts";

/** Never packed, whatever a pattern says. */
const NEVER = ["node_modules", ".git", ".bento", "dist", ".DS_Store"];

/** What to do about a pattern, by what is wrong with it. */
const HINTS = {
  none: "patterns are relative to the folder of bentofile.yaml, e.g. labels/*.txt",
  outside: "move the files into the project",
  taken: "rename the file, or take it out with exclude",
} as const;

interface Problem {
  readonly kind: keyof typeof HINTS;
  readonly message: string;
}

/**
 * @param reserved - names that the build itself writes, which no file may have
 * @returns content by path within the project, with forward slashes
 * @throws BentoError BENTO_INVALID_CONFIG with every pattern that matches nothing or leaves the project, and every file
 * with a reserved name
 */
export async function includeFiles(
  project: Project,
  reserved: Iterable<string>,
): Promise<ReadonlyMap<string, Uint8Array>> {
  const { include, exclude } = project.bentofile;
  const problems: Problem[] = [...leaving("include", include), ...leaving("exclude", exclude)];
  const excluded = await matches(project, exclude.filter(isInside));
  const taken = new Set(reserved);
  const found = new Set<string>();
  for (const pattern of include.filter(isInside)) {
    const paths = await matches(project, [pattern]);
    if (paths.size === 0) {
      const message = `include: no file matches ${JSON.stringify(pattern)}`;
      problems.push({ kind: "none", message });
    }
    for (const path of [...paths].filter((name) => !excluded.has(name))) {
      found.add(path);
    }
  }
  for (const path of [...found].filter((path) => taken.has(path)).sort()) {
    const message = `include: ${JSON.stringify(path)} is the name of a file that the build writes`;
    problems.push({ kind: "taken", message });
  }
  refuse(problems, project);
  return readFiles(project, found);
}

function refuse(problems: readonly Problem[], project: Project): void {
  if (problems.length > 0) {
    const kinds = new Set(problems.map(({ kind }) => kind));
    throw new BentoError(
      "BENTO_INVALID_CONFIG",
      problems.map(({ message }) => message).join("\n"),
      {
        where: join(project.directory, BENTOFILE),
        hint: [...kinds].map((kind) => HINTS[kind]).join("; "),
      },
    );
  }
}

function leaving(key: string, patterns: readonly string[]): Problem[] {
  return patterns
    .filter((pattern) => !isInside(pattern))
    .map((pattern) => ({
      kind: "outside",
      message: `${key}: ${JSON.stringify(pattern)} leaves the project`,
    }));
}

function isInside(pattern: string): boolean {
  return !isAbsolute(pattern) && !pattern.split(/[\\/]/).includes("..");
}

/** Files that a pattern matches; links are not followed: what they point to may not be there on another machine. */
async function matches(project: Project, patterns: readonly string[]): Promise<Set<string>> {
  const root = await realpath(project.directory);
  const found = new Set<string>();
  for (const pattern of patterns) {
    for await (const path of glob(pattern, { cwd: root })) {
      const isOurs = !path.split(sep).some((part) => NEVER.includes(part));
      const file = join(root, path);
      if (isOurs && (await lstat(file)).isFile() && (await realpath(file)) === file) {
        found.add(path.split(sep).join("/"));
      }
    }
  }
  return found;
}

async function readFiles(project: Project, paths: Iterable<string>): Promise<Map<string, Buffer>> {
  const files = new Map<string, Buffer>();
  for (const path of paths) {
    files.set(path, await readFile(join(project.directory, path)));
  }
  return files;
}
