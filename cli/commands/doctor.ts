/**
 * `bento doctor`: whether a deploy could go through.
 *
 * @module
 */
import type { Command } from "commander";
import type { CliContext } from "../context.ts";
import { collect } from "../key-values.ts";
import { jsonOption } from "../output.ts";
import type { SetExitCode } from "../program.ts";
import { STORE_OPTION } from "../store.ts";

export function registerDoctor(
  program: Command,
  context: CliContext,
  setExitCode: SetExitCode,
): void {
  program
    .command("doctor")
    .description("look whether a deploy could go through; exit 5 when something stands in its way")
    .option("--platform <name>", "where to (default: the environment's, else local)")
    .option("--env <name>", "environment of bentofile.yaml", "default")
    .option("--name <name>", "name of the deployment that it would be (default: this folder's)")
    .option("--set <key=value>", "option of the platform, over bentofile.yaml", collect)
    .option("--base <ref>", "base of its image: a reference, or oci:DIR")
    .option(...STORE_OPTION)
    .addOption(jsonOption())
    .action(async (options) =>
      setExitCode(await (await import("../actions/doctor.ts")).doctor(context, options)),
    );
}
