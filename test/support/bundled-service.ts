/**
 * Projects made of a few files, and their bundles on disk, for tests of the packager.
 *
 * @module
 */
import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { bundleService } from "../../packager/bundle.ts";
import { type Project, readProject } from "../../packager/project.ts";
import { tempDir } from "./temp-dir.ts";

export interface TestProject extends Project, AsyncDisposable {}

/** Writes the files into a new folder and reads it as a project. */
export async function testProject(files: Readonly<Record<string, string>>): Promise<TestProject> {
  const folder = await tempDir();
  for (const [path, content] of Object.entries(files)) {
    await mkdir(dirname(join(folder.path, path)), { recursive: true });
    await writeFile(join(folder.path, path), content);
  }
  const project = await readProject(".", folder.path);
  return { ...project, [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose]() };
}

/** Bundles a service into a folder beside its sources. @returns the path of service.js */
export async function bundleToDisk(project: Project): Promise<string> {
  const { files } = await bundleService(project);
  const folder = join(project.directory, "out", "src");
  for (const [path, content] of files) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), content);
  }
  return join(folder, "service.js");
}
