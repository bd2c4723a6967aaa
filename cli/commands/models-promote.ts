/**
 * `bento models promote|rollback|history|diff`: which version an alias means, why, and what another would change.
 *
 * @module
 */
import type { Command } from "commander";
import type { CliContext } from "../context.ts";
import { collect } from "../key-values.ts";
import { jsonOption } from "../output.ts";
import { STORE_OPTION } from "../store.ts";

export function registerPromotion(models: Command, context: CliContext): void {
  models
    .command("promote <tag>")
    .description("point an alias at a version once every gate holds, e.g. --to production")
    .requiredOption("--to <alias>", "the alias to move or make")
    .option("--from <alias>", "refuse unless this alias means the version, e.g. staging")
    .option(
      "--require <gate>",
      "condition on a number, e.g. accuracy>=0.95 or accuracy>=current-0.01; more than one may be given",
      collect,
    )
    .option(
      "--require-signed <file>",
      "refuse unless this public key's owner signed it, e.g. bento.pub",
    )
    .option("--metrics <file>", "JSON file with numbers of the model, beside its metadata")
    .option(
      "--on <rows.jsonl>",
      "run it and the promoted version on these rows: gives the numbers churn and largest_change",
    )
    .option("--expect <version>", "refuse unless the alias means this version now (none: nothing)")
    .option("--reason <text>", "kept in the alias's history")
    .option(...STORE_OPTION)
    .addOption(jsonOption())
    .action(async (tag: string, options) =>
      (await import("../actions/models-promote.ts")).promoteModel(context, tag, options),
    );
  models
    .command("sign <tag>")
    .description("sign a version: vouch for its files, numbers and signatures with a key")
    .requiredOption("--key <file>", "private key, from bento image keygen, e.g. bento.key")
    .option(...STORE_OPTION)
    .addOption(jsonOption())
    .action(async (tag: string, options) =>
      (await import("../actions/models-promote.ts")).signNamedModel(context, tag, options),
    );
  models
    .command("rollback <name>")
    .description("point an alias back at what it meant before")
    .requiredOption("--alias <alias>", "the alias, e.g. production")
    .option("--expect <version>", "refuse unless the alias means this version now")
    .option("--reason <text>", "kept in the alias's history")
    .option(...STORE_OPTION)
    .addOption(jsonOption())
    .action(async (name: string, options) =>
      (await import("../actions/models-promote.ts")).rollBackModel(context, name, options),
    );
  models
    .command("history <name>")
    .description("show what a model's aliases have meant: when, who and why")
    .option("--alias <alias>", "of this alias only")
    .option(...STORE_OPTION)
    .addOption(jsonOption())
    .action(async (name: string, options) =>
      (await import("../actions/models-promote.ts")).showHistory(context, name, options),
    );
  models
    .command("diff <before> <after>")
    .description("say how two models differ, and with --on how their answers do")
    .option("--on <rows.jsonl>", "run both on these rows, one JSON document a line")
    .option(...STORE_OPTION)
    .addOption(jsonOption())
    .action(async (before: string, after: string, options) =>
      (await import("../actions/models-diff.ts")).diffModels(context, [before, after], options),
    );
}
