/**
 * `bento deployment traffic|complete|abort|rollback|prune`: who gets the traffic, and what is kept to go back to.
 *
 * @module
 */
import type { CliContext } from "../context.ts";
import type { AddVerb } from "./deployment.ts";

export function registerTraffic(add: AddVerb, context: CliContext): void {
  add("traffic <name>", "show its versions and their traffic, or move a share to the new one")
    .option("--percent <number>", "share of the traffic for the new version, 1 to 99")
    .action(async (name: string, options) =>
      (await import("../actions/deployment-traffic.ts")).showTraffic(context, name, options),
    );
  for (const [kind, description] of [
    ["complete", "give all traffic to the new version"],
    ["abort", "give all traffic back to the version before the new one"],
  ] as const) {
    add(`${kind} <name>`, description).action(async (name: string, options) =>
      (await import("../actions/deployment-traffic.ts")).endCanary(context, name, {
        ...options,
        kind,
      }),
    );
  }
  add("rollback <name>", "go back to what had all the traffic before")
    .option("--to <version>", "go back to this: a bento's tag, or a version of the platform")
    .option("--move-alias", "also move the model's alias back that it was deployed by")
    .option("--no-move-alias", "leave that alias, without asking")
    .option("-y, --yes", "do not ask")
    .action(async (name: string, options) =>
      (await import("../actions/deployment-traffic.ts")).rollBack(context, name, options),
    );
  add("prune <name>", "remove versions and images that nothing needs any more")
    .option("--keep <number>", "versions without traffic that stay", "5")
    .option("--plan", "show what would go and stop")
    .option("-y, --yes", "do not ask")
    .action(async (name: string, options) =>
      (await import("../actions/deployment-prune.ts")).prune(context, name, options),
    );
}
