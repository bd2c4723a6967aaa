/**
 * `bento base build`: a base image from Debian packages, for machines that reach no image registry.
 *
 * @module
 */
import type { Command } from "commander";
import type { CliContext } from "../context.ts";
import { jsonOption } from "../output.ts";

export function registerBase(program: Command, context: CliContext): void {
  const base = program.command("base").description("base images");
  base
    .command("build")
    .description(
      "make a base layout from Debian packages and the Node binary (needs apt-get; neither root nor a registry)",
    )
    .option("--output <oci:DIR>", "where it goes (default: under BENTO_HOME)")
    .option("--platform <os/arch>", "linux/amd64 or linux/arm64", "linux/amd64")
    .addOption(jsonOption())
    .action(async (options) =>
      (await import("../actions/base-build.ts")).buildBaseImage(context, options),
    );
}
