/**
 * `bento deployment …`: what runs, how it does, and its end.
 *
 * @module
 */
import type { Command } from "commander";
import type { CliContext } from "../context.ts";
import { jsonOption, outputOption } from "../output.ts";
import { STORE_OPTION } from "../store.ts";

export function registerDeployment(program: Command, context: CliContext): void {
  const deployment = program.command("deployment").description("look after deployments");
  const add = (usage: string, description: string) =>
    deployment
      .command(usage)
      .description(description)
      .option("--platform <name>", "platform of the deployment", "local")
      .option("--env <name>", "environment of the deployment", "default")
      .option(...STORE_OPTION)
      .addOption(jsonOption());
  deployment
    .command("list")
    .description("list deployments with their last outcome")
    .addOption(outputOption(["table", "json", "yaml"]))
    .option(...STORE_OPTION)
    .addOption(jsonOption())
    .action(async (options) =>
      (await import("../actions/deployment.ts")).listAll(context, options),
    );
  add("get <name>", "show the last record of a deployment").action(async (name: string, options) =>
    (await import("../actions/deployment.ts")).getOne(context, name, options),
  );
  add("status <name>", "ask the platform how it does now").action(async (name: string, options) =>
    (await import("../actions/deployment.ts")).showStatus(context, name, options),
  );
  add("logs <name>", "print its log")
    .option("-f, --follow", "go on as it grows")
    .option("-n, --tail <lines>", "only the last lines")
    .action(async (name: string, options) =>
      (await import("../actions/deployment.ts")).showLogs(context, name, options),
    );
  add("destroy <name>", "stop it and take its resources away")
    .option("-y, --yes", "do not ask")
    .action(async (name: string, options) =>
      (await import("../actions/deployment.ts")).destroy(context, name, options),
    );
}
