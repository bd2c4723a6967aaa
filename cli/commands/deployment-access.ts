/**
 * `bento deployment policy|oidc`: who may deploy.
 *
 * @module
 */
import { type Command, Option } from "commander";
import type { CliContext } from "../context.ts";
import { collect } from "../key-values.ts";
import { jsonOption } from "../output.ts";
import type { AddVerb } from "./deployment.ts";

export function registerAccess(deployment: Command, add: AddVerb, context: CliContext): void {
  add("policy <name>", "print what somebody must be allowed who deploys it; changes nothing")
    .addOption(
      new Option("--for <work>", "deploy: all of it; promote: new versions and traffic alone")
        .choices(["deploy", "promote", "boundary"])
        .default("deploy"),
    )
    .option("--bento <name>", "its bento (default: as deployed, else of the same name)")
    .option(
      "--secret <key=reference>",
      "secret that its boundary lets it read, as deployed",
      collect,
    )
    .option("--part <number>", "one of its parts, where it is too long to be one policy")
    .action(async (name: string, options) =>
      (await import("../actions/deployment-access.ts")).printPolicy(context, name, options),
    );
  deployment
    .command("oidc")
    .description("print who may take on a role from jobs of GitHub, without a stored key")
    .requiredOption("--github <org/repo>", "the repository of the jobs")
    .option("--env <name>", "environment of GitHub, and of bentofile.yaml", "default")
    .option("--platform <name>", "where the role is (default: the environment's)")
    .option("--set <key=value>", "option of the platform, e.g. account=123456789012", collect)
    .addOption(jsonOption())
    .action(async (options) =>
      (await import("../actions/deployment-access.ts")).printTrust(context, options),
    );
}
