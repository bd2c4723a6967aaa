/**
 * `bento containerize`: a bento becomes a container image, without Docker.
 *
 * @module
 */
import type { Command } from "commander";
import type { CliContext } from "../context.ts";
import { jsonOption } from "../output.ts";
import { STORE_OPTION } from "../store.ts";

export function registerContainerize(program: Command, context: CliContext): void {
  program
    .command("containerize <tag>")
    .description("make an OCI image of a bento and print its digest")
    .option("-t, --tag <name:tag>", "name of the image inside archives and layouts")
    .option("--platform <os/arch>", "linux/amd64 or linux/arm64", "linux/amd64")
    .option(
      "--base <ref>",
      "base image: a reference, or oci:DIR (default: a pinned distroless Node 24)",
    )
    .option(
      "--output <to>",
      "oci:DIR, oci-archive:FILE, docker-archive:FILE or registry:HOST/NAME[:TAG] (default: a layout under BENTO_HOME)",
    )
    .option("--variant <name>", "cpu or cuda12 (default: by resources.gpu of the service)")
    .option(
      "--cuda-package <file|url>",
      "NuGet package with onnxruntime's CUDA libraries (default: NuGet's own, pinned by bento.lock)",
    )
    .option("--lock <file>", "write down which image it is, e.g. bento.image.json for a CDK app")
    .option("--update-lock", "build on what the base's tag means now, and write that to bento.lock")
    .option("--sign <file>", "sign the image with a private key, e.g. bento.key")
    .option(
      "--source <uri>",
      "where the sources are, for the provenance: git+https://HOST/NAME@COMMIT",
    )
    .option("--no-attest", "attach neither SBOM nor provenance")
    .option("--no-cache", "build every layer anew and read every file again")
    .option(...STORE_OPTION)
    .addOption(jsonOption())
    .action(async (tag: string, options) =>
      (await import("../actions/containerize.ts")).containerizeBento(context, tag, options),
    );
}
