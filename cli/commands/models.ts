/**
 * `bento models …`: the model store from the command line.
 *
 * @module
 */
import type { Command } from "commander";
import type { CliContext } from "../context.ts";
import { collect } from "../key-values.ts";
import { jsonOption, outputOption } from "../output.ts";
import { STORE_OPTION } from "../store.ts";
import { registerModelsCache } from "./models-cache.ts";
import { registerModelCopies } from "./models-copy.ts";
import { registerPromotion } from "./models-promote.ts";
import { registerStoreCare } from "./store-care.ts";

export function registerModels(program: Command, context: CliContext): void {
  const models = program.command("models").description("keep trained models in versions");
  models
    .command("import <file>")
    .description("register an ONNX file, a folder with one, or what BentoML exported or keeps")
    .option("--name <name>", "name of the model, e.g. iris_classifier (default: BentoML's)")
    .option("--version <version>", "version (default: BentoML's, else made from the content)")
    .option("--framework <name>", "what it was trained with, e.g. scikit-learn")
    .option(
      "--signature <name=batchable>",
      "what callers may ask: NAME=batchable or NAME=single",
      collect,
    )
    .option(
      "--padding <input=value>",
      "fill shorter rows of this input, so that rows of different lengths share a call",
      collect,
    )
    .option(
      "--mask <input>",
      "padded input that is 1 for each cell of a row: made for callers that leave it out",
    )
    .option("--label <key=value>", "label, changeable later", collect)
    .option("--metadata <key=value>", "fact about the model, fixed with the version", collect)
    .option("--metadata-file <file>", "JSON file with metadata")
    .option(...STORE_OPTION)
    .addOption(jsonOption())
    .action(async (file: string, options) =>
      (await import("../actions/models-import.ts")).importModel(context, file, options),
    );
  models
    .command("list [name]")
    .description("list models, newest first; a page of them, by name and version")
    .option("--limit <count>", "most to list; the order is then that of names and versions")
    .option("--after <tag>", "go on behind this one, the last of the page before")
    .addOption(outputOption(["table", "json", "yaml", "tag"]))
    .option(...STORE_OPTION)
    .addOption(jsonOption())
    .action(async (name: string | undefined, options) =>
      (await import("../actions/models.ts")).listModels(context, name, options),
    );
  models
    .command("get <tag>")
    .description("show a model: files, inputs, outputs, signatures, labels, aliases")
    .addOption(outputOption(["table", "json", "yaml", "tag", "path"]))
    .option(...STORE_OPTION)
    .addOption(jsonOption())
    .action(async (tag: string, options) =>
      (await import("../actions/models.ts")).getModel(context, tag, options),
    );
  models
    .command("export <tag> [target]")
    .description(
      "copy a model's files into a folder (default: NAME-VERSION), or write FILE.bentomodel for BentoML",
    )
    .option(...STORE_OPTION)
    .addOption(jsonOption())
    .action(async (tag: string, target: string | undefined, options) =>
      (await import("../actions/models.ts")).exportModel(context, { tag, target }, options),
    );
  models
    .command("delete <tags...>")
    .description("delete versions; what an alias, bento or deployment uses is kept")
    .option("-y, --yes", "do not ask")
    .option("--force", "delete although something uses it")
    .option(...STORE_OPTION)
    .addOption(jsonOption())
    .action(async (tags: string[], options) =>
      (await import("../actions/models.ts")).deleteModels(context, tags, options),
    );
  models
    .command("alias <tag>")
    .description("point an alias at a version, e.g. --to production")
    .option("--to <alias>", "the alias to move or make")
    .option("--remove <alias>", "take an alias away; TAG is then the model's name")
    .option("--reason <text>", "kept in the alias's history")
    .option(...STORE_OPTION)
    .addOption(jsonOption())
    .action(async (tag: string, options) =>
      (await import("../actions/models.ts")).aliasModel(context, tag, options),
    );
  registerPromotion(models, context);
  registerModelCopies(models, context);
  registerStoreCare(models, context);
  registerModelsCache(models, context);
}
