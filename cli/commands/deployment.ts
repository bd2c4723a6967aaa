/**
 * `bento deployment …`: what runs, how it does, who gets the traffic, and its end.
 *
 * @module
 */
import type { Command } from "commander";
import type { CliContext } from "../context.ts";
import { collect } from "../key-values.ts";
import { jsonOption, outputOption } from "../output.ts";
import { STORE_OPTION } from "../store.ts";
import { registerAccess } from "./deployment-access.ts";
import { registerTraffic } from "./deployment-traffic.ts";

/** Adds a command about one deployment, with the options that say which. */
export type AddVerb = (usage: string, description: string) => Command;

export function registerDeployment(program: Command, context: CliContext): void {
  const deployment = program.command("deployment").description("look after deployments");
  const add: AddVerb = (usage, description) =>
    deployment
      .command(usage)
      .description(description)
      .option("--platform <name>", "its platform (default: the environment's, else local)")
      .option("--env <name>", "environment of the deployment", "default")
      .option("--set <key=value>", "option of the platform, where no record tells", collect)
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
  add("history <name>", "show all its records, newest first").action(
    async (name: string, options) =>
      (await import("../actions/deployment-history.ts")).showRecords(context, name, options),
  );
  registerTraffic(add, context);
  registerAccess(deployment, add, context);
  add("destroy <name>", "stop it and take its resources away")
    .option("-y, --yes", "do not ask")
    .action(async (name: string, options) =>
      (await import("../actions/deployment.ts")).destroy(context, name, options),
    );
}
