/**
 * cfn-lint, which reads templates as CloudFormation and policies in them as IAM does.
 *
 * @module
 */
import { execFile, execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { REPOSITORY } from "./sources.ts";
import { tempDir } from "./temp-dir.ts";
import { missingTools } from "./tools.ts";

/** Older ones do not know all properties that the constructs set. */
const LEAST = "1.58.0";

const installed = join(REPOSITORY, ".tmp", "bin", "cfn-lint");
const program = existsSync(installed) ? installed : "cfn-lint";

/** Whether it is installed, and young enough. */
export function isCfnLintThere(): boolean {
  if (program !== installed && missingTools(program).length > 0) {
    return false;
  }
  const [version = ""] =
    /\d+\.\d+\.\d+/.exec(execFileSync(program, ["--version"]).toString()) ?? [];
  return version.localeCompare(LEAST, "en", { numeric: true }) >= 0;
}

/** Rules of cfn-lint that are not asked, and why. */
const IGNORED: Readonly<Record<string, string>> = {
  W3005: "the CDK's own functions depend on their role twice, by reference and in words",
};

/** @returns what cfn-lint says, a line each */
export async function cfnLint(texts: Readonly<Record<string, string>>): Promise<string[]> {
  await using directory = await tempDir();
  const files = Object.keys(texts).map((name) => `${name}.template.json`);
  for (const [name, text] of Object.entries(texts)) {
    await writeFile(join(directory.path, `${name}.template.json`), text);
  }
  const rules = Object.keys(IGNORED).flatMap((rule) => ["--ignore-checks", rule]);
  const argv = ["--format", "parseable", "--regions", "eu-central-1", ...rules, "--", ...files];
  const said = await promisify(execFile)(program, argv, { cwd: directory.path }).then(
    ({ stdout }) => stdout,
    (error: { stdout?: string; stderr?: string }) => error.stdout || error.stderr || String(error),
  );
  return said.trim().split("\n").filter(Boolean);
}
