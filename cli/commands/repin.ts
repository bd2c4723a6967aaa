/**
 * `bento repin`: the same bento with other model versions.
 *
 * @module
 */
import type { Command } from "commander";
import type { CliContext } from "../context.ts";
import { collect } from "../key-values.ts";
import { jsonOption } from "../output.ts";
import { STORE_OPTION } from "../store.ts";

export function registerRepin(program: Command, context: CliContext): void {
  program
    .command("repin <bento>")
    .description("make a bento, and its image, with another version of a model; no sources needed")
    .requiredOption(
      "--model <name=tag>",
      "model of the service and its new version, e.g. iris=iris_classifier:production",
      collect,
    )
    .option(
      "--image <oci:DIR>",
      "image to start from; the new one goes there too (default: the one made here, if any)",
    )
    .option(...STORE_OPTION)
    .addOption(jsonOption())
    .action(async (bento: string, options) =>
      (await import("../actions/repin.ts")).repin(context, bento, options),
    );
}
