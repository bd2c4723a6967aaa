/**
 * `bento deploy`: plan, apply, verify.
 *
 * @module
 */
import { type Command, Option } from "commander";
import type { CliContext } from "../context.ts";
import { collect } from "../key-values.ts";
import { jsonOption } from "../output.ts";
import type { SetExitCode } from "../program.ts";
import { STORE_OPTION } from "../store.ts";

/** What a plan says already. */
const FIXED_BY_A_PLAN = [
  ...["plan", "offline", "out", "emit"],
  ...["platform", "name", "set", "engine", "region", "setEnv", "secret", "canary"],
  ...["model", "image", "base", "requireSignature"],
];

export function registerDeploy(
  program: Command,
  context: CliContext,
  setExitCode: SetExitCode,
): void {
  program
    .command("deploy [bento]")
    .description("deploy a bento (default: build the project here and deploy that)")
    .option("--platform <name>", "where to: local or aws-lambda (default: the environment's)")
    .option("--env <name>", "environment of bentofile.yaml", "default")
    .option("--name <name>", "name of the deployment (default: the bento's)")
    .option("--set <key=value>", "option of the platform, over bentofile.yaml", collect)
    .option("--engine <name>", "on local: process, bwrap, podman or docker (as --set engine=)")
    .option("--region <name>", "on a cloud: its region (as --set region=)")
    .option("--set-env <key=value>", "environment variable of the service", collect)
    .option("--secret <key=reference>", "variable whose value the platform keeps", collect)
    .option("--canary <percent>", "share of the traffic for the new version first, 1 to 99")
    .option("--plan", "show what would be done and stop")
    .option("--offline", "with --plan: ask no platform what stands; the plan of a first deploy")
    .option("--detailed-exitcode", "with --plan: exit 9 when something would change")
    .option("--out <file>", "write the plan to a file and stop")
    .addOption(
      new Option(
        "--apply <file>",
        "apply a plan made with --out; refused when something changed since",
      ).conflicts(FIXED_BY_A_PLAN),
    )
    .addOption(
      new Option(
        "--emit <directory>",
        "write the platform's own deployment files and stop",
      ).conflicts(["plan", "out"]),
    )
    .option("--model <name=tag>", "deploy it with another version of a model", collect)
    .option("--image <oci:DIR>", "image to deploy (default: made when the platform needs one)")
    .option("--base <ref>", "base of that image: a reference, or oci:DIR")
    .option(
      "--require-signature <file>",
      "deploy only an image that this public key's owner signed, e.g. bento.pub",
    )
    .option("--no-verify", "skip the golden requests; this is recorded")
    .option("-y, --yes", "do not ask")
    .option(...STORE_OPTION)
    .addOption(jsonOption())
    .action(async (bento: string | undefined, options) =>
      setExitCode(await (await import("../actions/deploy.ts")).deploy(context, bento, options)),
    );
}
