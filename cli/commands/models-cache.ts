/**
 * `bento models cache …`: what this machine keeps to be quick.
 *
 * @module
 */
import type { Command } from "commander";
import type { CliContext } from "../context.ts";
import { jsonOption } from "../output.ts";
import { STORE_OPTION } from "../store.ts";

export function registerModelsCache(models: Command, context: CliContext): void {
  const cache = models
    .command("cache")
    .description("what this machine keeps of models and bentos, and can fetch or make again");
  cache
    .command("list", { isDefault: true })
    .description("list what is kept, with its size")
    .addOption(jsonOption())
    .action(async (options) =>
      (await import("../actions/models-cache.ts")).listCached(context, options),
    );
  cache
    .command("clear")
    .description("remove unpacked models and bentos, and files of stores far away")
    .option("-y, --yes", "do not ask")
    .option("--all", "also bases, layers and packages that images are made of")
    .option("--force", "also what deployments on this machine run")
    .option(...STORE_OPTION)
    .addOption(jsonOption())
    .action(async (options) =>
      (await import("../actions/models-cache.ts")).clearCached(context, options),
    );
}
