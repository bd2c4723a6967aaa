/**
 * An emitted CDK app as its user has it: its packages installed, its commands run in a shell.
 *
 * @module
 */
import { execFile } from "node:child_process";
import { mkdir, readFile, symlink } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { promisify } from "node:util";
import { REPOSITORY } from "./sources.ts";

const run = promisify(execFile);

/** Stands for `npm install` in the emitted app. */
export async function linkPackages(directory: string): Promise<void> {
  await mkdir(join(directory, "node_modules", "@types"), { recursive: true });
  await symlink(REPOSITORY, join(directory, "node_modules", "bentokit"));
  for (const name of ["aws-cdk", "aws-cdk-lib", "constructs", "typescript", "@types/node"]) {
    await symlink(join(REPOSITORY, "node_modules", name), join(directory, "node_modules", name));
  }
}

/** As a shell in the emitted app, with the sources of this package instead of its build. */
export async function npx(
  directory: string,
  home: string,
  command: readonly string[],
): Promise<void> {
  const bin = join(REPOSITORY, "node_modules", ".bin");
  await run(join(bin, command[0] ?? ""), command.slice(1), {
    cwd: directory,
    env: {
      PATH: [bin, process.env["PATH"]].join(delimiter),
      HOME: home,
      CDK_HOME: home,
      CDK_DISABLE_CLI_TELEMETRY: "true",
      NODE_OPTIONS: "--conditions=bentokit-source",
    },
  });
}

export async function readJson(...path: string[]): Promise<unknown> {
  return JSON.parse(await readFile(join(...path), "utf8"));
}
