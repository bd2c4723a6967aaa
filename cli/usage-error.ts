/**
 * Commander's complaints in our three lines, with the help of the very command that was typed.
 *
 * @module
 */
import type { Command, CommanderError } from "commander";
import { BentoError } from "../core/bento-error.ts";
import { nearest } from "../core/nearest.ts";

/** @param command - the one that complains */
export function usageError(error: CommanderError, command: Command): BentoError {
  const path = pathOf(command);
  if (error.code === "commander.help") {
    const others = command.commands.map((child) => child.name()).filter((name) => name !== "help");
    return usage(
      `${path} needs a command`,
      `one of ${others.join(", ")}; ${path} --help says what they do`,
    );
  }
  const [message = "", suggestion = ""] = error.message.replace(/^error: /, "").split("\n");
  const choices = /^(?:option|command-argument value) .* is invalid/.test(message)
    ? choiceError(message)
    : undefined;
  const meant = /Did you mean (?:one of )?(.+?)\?/.exec(suggestion)?.[1];
  const help = `${path} --help ${command.commands.length > 0 ? "lists its commands" : "shows how it is used"}`;
  return choices ?? usage(sentence(message), meant === undefined ? help : `did you mean ${meant}?`);
}

/** `option '-o, --output <format>' argument 'xml' is invalid. Allowed choices are table, json.` */
function choiceError(message: string): BentoError | undefined {
  const [, option, typed, argument, list] =
    /^(?:option '(.+)' argument|command-argument value) '(.*?)' is invalid(?: for argument '(.+)')?\. Allowed choices are (.+)\.$/.exec(
      message,
    ) ?? [];
  if (typed === undefined || list === undefined) {
    return undefined;
  }
  const near = nearest(typed, list.split(", "));
  const suggestion = near === undefined ? "" : `did you mean ${near}? `;
  return usage(
    `'${option ?? argument}' cannot be ${JSON.stringify(typed)}`,
    `${suggestion}choose one of ${list}`,
  );
}

/** Two sentences as one, in the form that all our messages have. */
function sentence(message: string): string {
  return message
    .replace(/\.$/, "")
    .replace(/\. ([A-Z])/, (_, letter) => `: ${letter.toLowerCase()}`);
}

/** `bento models get` */
export function pathOf(command: Command): string {
  return command.parent === null ? command.name() : `${pathOf(command.parent)} ${command.name()}`;
}

function usage(message: string, hint: string): BentoError {
  return new BentoError("BENTO_USAGE", message, { hint });
}
