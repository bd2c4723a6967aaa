/**
 * `bento help COMMAND…`, and the same under each group of commands.
 *
 * @module
 */
import type { Command } from "commander";
import { BentoError } from "../../core/bento-error.ts";
import { nearest } from "../../core/nearest.ts";
import { pathOf } from "../usage-error.ts";

export function registerHelp(parent: Command): void {
  parent
    .helpCommand(false)
    .command("help [command...]")
    .description("show help for a command")
    .action((names: string[]) => findCommand(parent, names).outputHelp());
}

/** Follows the names down the tree. */
function findCommand(from: Command, names: readonly string[]): Command {
  const [name, ...rest] = names;
  if (name === undefined) {
    return from;
  }
  const child = from.commands.find((command) => command.name() === name);
  if (child === undefined) {
    const near = nearest(
      name,
      from.commands.map((command) => command.name()),
    );
    throw new BentoError("BENTO_USAGE", `${pathOf(from)} has no command ${JSON.stringify(name)}`, {
      hint: near === undefined ? `${pathOf(from)} --help lists them` : `did you mean ${near}?`,
    });
  }
  return findCommand(child, rest);
}
