/**
 * `bento image …`: images in layouts and registries.
 *
 * @module
 */
import { type Command, Option } from "commander";
import type { CliContext } from "../context.ts";
import { collect } from "../key-values.ts";
import { jsonOption } from "../output.ts";
import { STORE_OPTION } from "../store.ts";

const PLATFORM_OPTION = ["--platform <os/arch>", "linux/amd64 or linux/arm64"] as const;

/** Each verb that reads an image takes it as a bento's tag, `oci:DIR[:NAME]` or a reference in a registry. */
export function registerImage(program: Command, context: CliContext): void {
  const image = program.command("image").description("push, pull and check container images");
  image
    .command("push <image> <destination>")
    .description("send an image (TAG of a bento, oci:DIR[:NAME] or HOST/NAME) to HOST/NAME[:TAG]")
    .option(...PLATFORM_OPTION)
    .option(
      "--mount-from <repository>",
      "repository of the same registry that may have layers already",
      collect,
    )
    .option(...STORE_OPTION)
    .addOption(jsonOption())
    .action(async (source: string, destination: string, options) =>
      (await import("../actions/image-push.ts")).pushImageTo(
        context,
        { source, destination },
        options,
      ),
    );
  image
    .command("pull <reference>")
    .description("fetch an image from a registry")
    .requiredOption("--output <to>", "oci:DIR, oci-archive:FILE or docker-archive:FILE")
    .option(...PLATFORM_OPTION, "linux/amd64")
    .addOption(jsonOption())
    .action(async (reference: string, options) =>
      (await import("../actions/image-pull.ts")).pullImageTo(context, reference, options),
    );
  image
    .command("inspect <image>")
    .description("show an image's layers and how it starts")
    .option(...PLATFORM_OPTION)
    .option(...STORE_OPTION)
    .addOption(jsonOption())
    .action(async (text: string, options) =>
      (await import("../actions/image-inspect.ts")).inspectNamedImage(context, text, options),
    );
  image
    .command("lint <image>")
    .description("look for what Lambda, Cloud Run or Container Apps would refuse")
    .addOption(
      new Option("--for <platforms...>", "platforms whose own rules count (default: all)").choices([
        "aws-lambda",
        "google-cloud-run",
        "azure-container-apps",
      ]),
    )
    .option(...PLATFORM_OPTION)
    .option(...STORE_OPTION)
    .addOption(jsonOption())
    .action(async (text: string, options) =>
      (await import("../actions/image-lint.ts")).lintNamedImage(context, text, options),
    );
  image
    .command("diff <before> <after>")
    .description("show which layers, files and settings differ between two images")
    .option(...PLATFORM_OPTION)
    .option(...STORE_OPTION)
    .addOption(jsonOption())
    .action(async (before: string, after: string, options) =>
      (await import("../actions/image-diff.ts")).diffNamedImages(
        context,
        { before, after },
        options,
      ),
    );
  image
    .command("rebase <image>")
    .description("put an image on another base; its own layers stay, byte for byte")
    .requiredOption("--base <ref>", "the new base: a reference, or oci:DIR")
    .option("--output <oci:DIR>", "where it goes (default: a layout under BENTO_HOME)")
    .option(...PLATFORM_OPTION)
    .option(...STORE_OPTION)
    .addOption(jsonOption())
    .action(async (text: string, options) =>
      (await import("../actions/image-rebase.ts")).rebaseNamedImage(context, text, options),
    );
  registerSigning(image, context);
}

/** Who made an image, and of what. */
function registerSigning(image: Command, context: CliContext): void {
  image
    .command("keygen")
    .description("make a pair of keys to sign images and models with")
    .option("--output <name>", "writes NAME.key and NAME.pub", "bento")
    .option("--passphrase", "ask for a passphrase (or set BENTO_KEY_PASSPHRASE)")
    .addOption(jsonOption())
    .action(async (options) =>
      (await import("../actions/image-keygen.ts")).makeKeys(context, options),
    );
  image
    .command("sign <image>")
    .description("sign an image, its SBOM and its provenance")
    .requiredOption("--key <file>", "private key, e.g. bento.key")
    .option(...PLATFORM_OPTION)
    .option(...STORE_OPTION)
    .addOption(jsonOption())
    .action(async (text: string, options) =>
      (await import("../actions/image-sign.ts")).signNamedImage(context, text, options),
    );
  image
    .command("verify <image>")
    .description("check an image's signature, provenance, SBOM and layers")
    .option("--key <file>", "public key of who must have signed, e.g. bento.pub")
    .option("--rebuild", "build its bento again and compare (exit 7 when they differ)")
    .option(...PLATFORM_OPTION)
    .option(...STORE_OPTION)
    .addOption(jsonOption())
    .action(async (text: string, options) =>
      (await import("../actions/image-verify.ts")).verifyNamedImage(context, text, options),
    );
  image
    .command("sbom <image>")
    .description("print what an image is made of, as CycloneDX JSON")
    .option("--output <file>", "write it to a file")
    .option(...PLATFORM_OPTION)
    .option(...STORE_OPTION)
    .action(async (text: string, options) =>
      (await import("../actions/image-sbom.ts")).writeImageSbom(context, text, options),
    );
}
