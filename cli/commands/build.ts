/**
 * `bento build`: service.ts and bentofile.yaml become a bento in the store.
 *
 * @module
 */
import { type Command, Option } from "commander";
import type { CliContext } from "../context.ts";
import { jsonOption } from "../output.ts";
import { STORE_OPTION } from "../store.ts";

export function registerBuild(program: Command, context: CliContext): void {
  program
    .command("build [target]")
    .description("build the project in a folder (default: here), or SERVICE_FILE:EXPORT")
    .option(...STORE_OPTION)
    .addOption(
      new Option("-o, --output <format>", "what stands on stdout")
        .choices(["table", "tag"])
        .default("table"),
    )
    .addOption(jsonOption())
    .action(async (target: string | undefined, options) =>
      (await import("../actions/build.ts")).buildBento(context, target ?? ".", options),
    );
}
