/**
 * `bento push|pull` and `bento models verify|gc`: bentos between stores, and the soundness of one.
 *
 * @module
 */
import type { Command } from "commander";
import type { CliContext } from "../context.ts";
import { jsonOption } from "../output.ts";
import { STORE_OPTION } from "../store.ts";

export function registerBentoCopies(program: Command, context: CliContext): void {
  program
    .command("push <tags...>")
    .description("copy bentos, with their models, to another store; what it has is not sent")
    .requiredOption("--to <url>", "the other store: s3://bucket/prefix or a folder")
    .option(...STORE_OPTION)
    .addOption(jsonOption())
    .action(async (tags: string[], options) =>
      (await import("../actions/store-care.ts")).copyBentos(
        context,
        { tags, other: options.to, direction: "push" },
        options,
      ),
    );
  program
    .command("pull <tags...>")
    .description("copy bentos, with their models, from another store; what is here is not fetched")
    .requiredOption("--from <url>", "the other store: s3://bucket/prefix or a folder")
    .option(...STORE_OPTION)
    .addOption(jsonOption())
    .action(async (tags: string[], options) =>
      (await import("../actions/store-care.ts")).copyBentos(
        context,
        { tags, other: options.from, direction: "pull" },
        options,
      ),
    );
}

export function registerStoreCare(models: Command, context: CliContext): void {
  models
    .command("verify")
    .description("read every file of the store and compare it with its digest")
    .option(...STORE_OPTION)
    .addOption(jsonOption())
    .action(async (options) =>
      (await import("../actions/store-care.ts")).verifyWholeStore(context, options),
    );
  models
    .command("gc")
    .description("remove files that no model and no bento of the store uses")
    .option("--grace <time>", "spare what is younger, e.g. 24h or 7d", "24h")
    .option("--dry-run", "only say what would go")
    .option(...STORE_OPTION)
    .addOption(jsonOption())
    .action(async (options) =>
      (await import("../actions/store-care.ts")).removeGarbage(context, options),
    );
}
