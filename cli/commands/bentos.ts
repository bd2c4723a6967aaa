/**
 * `bento list|get|delete|export|import`: built bentos from the command line.
 *
 * @module
 */
import type { Command } from "commander";
import type { CliContext } from "../context.ts";
import { jsonOption, outputOption } from "../output.ts";
import { STORE_OPTION } from "../store.ts";
import { registerBentoCopies } from "./store-care.ts";

export function registerBentos(program: Command, context: CliContext): void {
  program
    .command("list [name]")
    .description("list built bentos, newest first")
    .addOption(outputOption(["table", "json", "yaml", "tag"]))
    .option(...STORE_OPTION)
    .addOption(jsonOption())
    .action(async (name: string | undefined, options) =>
      (await import("../actions/bentos.ts")).listBentos(context, name, options),
    );
  program
    .command("get <tag>")
    .description("show a bento: apis, models, files")
    .addOption(outputOption(["table", "json", "yaml", "tag", "path"]))
    .option(...STORE_OPTION)
    .addOption(jsonOption())
    .action(async (tag: string, options) =>
      (await import("../actions/bentos.ts")).getBento(context, tag, options),
    );
  program
    .command("delete <tags...>")
    .description("delete bentos; what a deployment uses is kept")
    .option("-y, --yes", "do not ask")
    .option("--force", "delete although something uses it")
    .option(...STORE_OPTION)
    .addOption(jsonOption())
    .action(async (tags: string[], options) =>
      (await import("../actions/bentos.ts")).deleteBentos(context, tags, options),
    );
  program
    .command("export <tag> [file]")
    .description("write a .bento archive, the same bytes every time (default: NAME-VERSION.bento)")
    .option(...STORE_OPTION)
    .addOption(jsonOption())
    .action(async (tag: string, file: string | undefined, options) =>
      (await import("../actions/bentos.ts")).exportBento(context, { tag, file }, options),
    );
  program
    .command("import <file>")
    .description("read a .bento archive into the store")
    .option(...STORE_OPTION)
    .addOption(jsonOption())
    .action(async (file: string, options) =>
      (await import("../actions/bentos.ts")).importBento(context, file, options),
    );
  registerBentoCopies(program, context);
}
