/**
 * `bento types`: the store's models as TypeScript types, so that input and output names complete in the editor.
 *
 * @module
 */
import type { Command } from "commander";
import type { CliContext } from "../context.ts";
import { jsonOption } from "../output.ts";
import { STORE_OPTION } from "../store.ts";

export function registerTypes(program: Command, context: CliContext): void {
  program
    .command("types [directory]")
    .description("write bentokit-env.d.ts with the inputs and outputs of the store's models")
    .option(...STORE_OPTION)
    .addOption(jsonOption())
    .action(async (directory: string | undefined, options) =>
      (await import("../actions/types.ts")).writeTypes(context, directory ?? ".", options),
    );
}
