/**
 * `bento init`: a new project that builds, serves and passes its test at once.
 *
 * @module
 */
import type { Command } from "commander";
import type { CliContext } from "../context.ts";
import { jsonOption } from "../output.ts";

export function registerInit(program: Command, context: CliContext): void {
  program
    .command("init [directory]")
    .description("make a new project (default: here); files that exist are never overwritten")
    .addOption(jsonOption())
    .action(async (directory: string | undefined, options) =>
      (await import("../actions/init.ts")).initProject(context, directory ?? ".", options),
    );
}
