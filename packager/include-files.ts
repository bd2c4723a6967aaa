/**
 * Collects the files beside the bundle that a service reads when it runs, by the patterns of bentofile.yaml.
 *
 * @module
 */
import { glob, lstat, readFile } from "node:fs/promises";
import { join, sep } from "node:path";
import { BentoError } from "../core/bento-error.ts";
import type { Project } from "./project.ts";

/** Never packed, whatever a pattern says. */
const NEVER = ["node_modules", ".git", ".bento", "dist", ".DS_Store"];

/**
 * @returns content by path within the project, with forward slashes
 * @throws BentoError BENTO_INVALID_CONFIG when a pattern matches nothing or leaves the project
 */
export async function includeFiles(project: Project): Promise<ReadonlyMap<string, Uint8Array>> {
  const files = new Map<string, Uint8Array>();
  const excluded = await matches(project, project.bentofile.exclude);
  for (const pattern of project.bentofile.include) {
    const paths = await matches(project, [pattern]);
    if (paths.size === 0) {
      throw new BentoError(
        "BENTO_INVALID_CONFIG",
        `include: no file matches ${JSON.stringify(pattern)}`,
        {
          where: join(project.directory, "bentofile.yaml"),
          hint: "patterns are relative to the folder of bentofile.yaml, e.g. labels/*.txt",
        },
      );
    }
    for (const path of [...paths].filter((found) => !excluded.has(found))) {
      files.set(path, await readFile(join(project.directory, path)));
    }
  }
  return files;
}

async function matches(project: Project, patterns: readonly string[]): Promise<Set<string>> {
  const found = new Set<string>();
  for (const pattern of patterns) {
    if (pattern.startsWith("/") || pattern.split(/[\\/]/).includes("..")) {
      throw new BentoError(
        "BENTO_INVALID_CONFIG",
        `include: ${JSON.stringify(pattern)} leaves the project`,
        {
          where: join(project.directory, "bentofile.yaml"),
          hint: "move the files into the project",
        },
      );
    }
    for await (const path of glob(pattern, { cwd: project.directory })) {
      const isOurs = !path.split(sep).some((part) => NEVER.includes(part));
      // links are not followed: what they point to may not be there on another machine
      if (isOurs && (await lstat(join(project.directory, path))).isFile()) {
        found.add(path.split(sep).join("/"));
      }
    }
  }
  return found;
}
