/**
 * The package as it is published, from a copy, so that other tests find the repository as it is.
 *
 * @module
 */
import { execFile } from "node:child_process";
import { chmod, cp } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { REPOSITORY } from "./sources.ts";

const run = promisify(execFile);

/**
 * @param into - an empty directory
 * @returns path of the tarball
 */
export async function packPackage(into: string): Promise<string> {
  for (const path of [
    "package.json",
    "README.md",
    "LICENSE",
    "CHANGELOG.md",
    "scripts",
    "fixtures/template",
  ]) {
    await cp(join(REPOSITORY, path), join(into, path), { recursive: true });
  }
  const tsc = join(REPOSITORY, "node_modules", ".bin", "tsc");
  const build = ["-p", join(REPOSITORY, "tsconfig.build.json"), "--outDir", join(into, "dist")];
  await run(tsc, build).catch((error: { stdout: string }) => {
    throw new Error(`the package does not compile:\n${error.stdout.slice(0, 2000)}`);
  });
  await chmod(join(into, "dist", "cli", "main.js"), 0o755);
  await run(process.execPath, ["scripts/published-manifest.ts", "strip"], { cwd: into });
  const { stdout } = await run("npm", ["pack", "--ignore-scripts", "--silent"], { cwd: into });
  return join(into, stdout.trim().split("\n").at(-1) ?? "");
}
