import { execFile, execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { addIrisStacks } from "../../infra/app/iris-stacks.ts";
import { synthesize } from "../support/cdk/synthesize.ts";
import { addVariantStacks } from "../support/cdk/variants/variant-stacks.ts";
import { REPOSITORY } from "../support/sources.ts";
import { tempDir } from "../support/temp-dir.ts";
import { missingTools } from "../support/tools.ts";

/** Older ones do not know all properties that the constructs set. */
const LEAST = "1.58.0";

const installed = join(REPOSITORY, ".tmp", "bin", "cfn-lint");
const program = existsSync(installed) ? installed : "cfn-lint";

function isThere(): boolean {
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
async function lint(texts: Readonly<Record<string, string>>): Promise<string[]> {
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

const isSkipped = process.env["BENTO_TEST_NO_SKIP"] !== "1" && !isThere();

describe.skipIf(isSkipped)("cfn-lint", { timeout: 120_000 }, () => {
  it("finds nothing in the templates of infra/app", async () => {
    expect(await lint((await synthesize(addIrisStacks)).texts)).toEqual([]);
  });

  it("finds nothing in every construct with what is not its default", async () => {
    expect(await lint((await synthesize(addVariantStacks)).texts)).toEqual([]);
  });

  it("would find a property that does not exist", async () => {
    const bad = { Resources: { Logs: { Type: "AWS::Logs::LogGroup", Properties: { Color: 1 } } } };
    const said = await lint({ bad: JSON.stringify(bad) });
    expect(said.map((line) => /E\d{4}/.exec(line)?.[0])).toEqual(["E3002"]);
  });
});
