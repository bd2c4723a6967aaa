/**
 * `bento models push|pull`: models between stores, and to registries that images take them from.
 *
 * @module
 */
import type { Command } from "commander";
import type { CliContext } from "../context.ts";
import { jsonOption } from "../output.ts";
import { STORE_OPTION } from "../store.ts";

const PLACES = "s3://bucket/prefix, a folder, or oci://HOST/PREFIX of a registry";

export function registerModelCopies(models: Command, context: CliContext): void {
  models
    .command("push <tags...>")
    .description("copy models to another store, or to a registry; what it has is not sent")
    .requiredOption("--to <url>", PLACES)
    .option(...STORE_OPTION)
    .addOption(jsonOption())
    .action(async (tags: string[], options) =>
      (await import("../actions/models-copy.ts")).copyModels(
        context,
        { tags, place: options.to, direction: "push" },
        options,
      ),
    );
  models
    .command("pull <tags...>")
    .description("copy models from another store, or from a registry; what is here is not fetched")
    .requiredOption("--from <url>", PLACES)
    .option(...STORE_OPTION)
    .addOption(jsonOption())
    .action(async (tags: string[], options) =>
      (await import("../actions/models-copy.ts")).copyModels(
        context,
        { tags, place: options.from, direction: "pull" },
        options,
      ),
    );
}
