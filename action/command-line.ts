/**
 * From the inputs of the action to the words of one `bento` command. Inputs are texts, and empty where they were not
 * given; what a command needs and did not get is said before anything runs.
 *
 * @module
 */

export type Inputs = Readonly<Record<string, string>>;

/** Input by option; those of several lines give the option once for each line. */
type Options = Readonly<Record<string, string>>;

interface Command {
  readonly words: readonly string[];
  /** Inputs that stand alone, in order. */
  readonly positional: readonly string[];
  /** Inputs that have to be given. */
  readonly needed: readonly string[];
  readonly options: Options;
  /** Inputs with one value a line. */
  readonly lists: Options;
}

const COMMANDS: Readonly<Record<string, Command>> = {
  import: {
    words: ["models", "import"],
    positional: ["file"],
    needed: ["file", "name"],
    options: {
      "--name": "name",
      "--version": "model-version",
      "--framework": "framework",
      "--metadata-file": "metadata-file",
    },
    lists: { "--label": "labels", "--metadata": "metadata" },
  },
  promote: {
    words: ["models", "promote"],
    positional: ["model"],
    needed: ["model", "to"],
    options: {
      "--to": "to",
      "--from": "from",
      "--require-signed": "require-signed",
      "--metrics": "metrics",
      "--on": "rows",
      "--expect": "expect",
      "--reason": "reason",
    },
    lists: { "--require": "require" },
  },
  build: { words: ["build"], positional: ["project"], needed: [], options: {}, lists: {} },
  deploy: {
    words: ["deploy"],
    positional: ["bento"],
    needed: [],
    options: { "--platform": "platform", "--env": "environment", "--name": "name" },
    lists: { "--set": "set", "--model": "models" },
  },
};

/**
 * @returns the words behind `bento`
 * @throws Error in words for a user of the action, when an input is missing or names no command
 */
export function commandLine(inputs: Inputs): string[] {
  const name = inputs["command"] ?? "";
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (command === undefined) {
    const known = Object.keys(COMMANDS).join(", ");
    throw new Error(`command is ${JSON.stringify(name)}; expected one of ${known}`);
  }
  const missing = command.needed.filter((input) => (inputs[input] ?? "") === "");
  if (missing.length > 0) {
    throw new Error(`${name} needs the inputs ${missing.join(", ")}`);
  }
  const isPlan = name === "deploy" && inputs["plan"] === "true";
  const deploy = name === "deploy" ? [isPlan ? "--plan" : "--yes"] : [];
  return [
    ...command.words,
    ...options(command.options, inputs, (text) => [text]),
    ...options(command.lists, inputs, linesOf),
    ...options({ "--store": "store" }, inputs, (text) => [text]),
    ...deploy,
    "--json",
    "--", // a value that begins with a dash is no option
    ...command.positional.flatMap((input) => (inputs[input] ? [inputs[input]] : [])),
  ];
}

function options(
  of: Options,
  inputs: Inputs,
  valuesOf: (text: string) => readonly string[],
): string[] {
  return Object.entries(of).flatMap(([option, input]) => {
    const text = inputs[input] ?? "";
    // one word, so that a value that begins with a dash is a value
    return text === "" ? [] : valuesOf(text).map((value) => `${option}=${value}`);
  });
}

function linesOf(text: string): string[] {
  return text
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "");
}
