/**
 * `bento profile`: how long a model takes by the size of a batch, and what batching gains from it.
 *
 * @module
 */
import type { Command } from "commander";
import type { CliContext } from "../context.ts";
import { jsonOption } from "../output.ts";
import { STORE_OPTION } from "../store.ts";

export function registerProfile(program: Command, context: CliContext): void {
  program
    .command("profile [target]")
    .description(
      "measure the models of a project folder or a bento's tag (default: the project here)",
    )
    .option("--model <key>", "only this one, by the service's own name")
    .option("--svg <file>", "draw the curves into a file")
    .option(...STORE_OPTION)
    .addOption(jsonOption())
    .action(async (target: string | undefined, options) =>
      (await import("../actions/profile.ts")).profile(context, target ?? ".", options),
    );
}
