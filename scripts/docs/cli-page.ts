/**
 * `docs/cli.md`, from the tree of commands itself.
 *
 * @module
 */
import type { Argument, Command, Option } from "commander";
import { ERROR_CODES } from "../../core/bento-error.ts";
import { COMMAND_EXAMPLES } from "./command-examples.ts";
import { code, fence, GENERATED, sentence, table } from "./markdown.ts";

const INTRODUCTION = `
\`bento COMMAND --help\` shows the same in a terminal. The result goes to stdout, everything else to stderr, so
that \`TAG=$(bento build)\` works; \`--json\` prints one document instead. Colour and live progress appear on a terminal
only. A question is asked only there as well; elsewhere say \`--yes\`.

A \`<tag>\` is \`name\`, \`name:version\` or \`name:alias\`. Without a version, or with \`latest\`, it is the one registered
last. The first six or more characters of a version made from content are enough to look at, export, serve or
containerize it, never to delete or deploy it.
`;

/** The codes that no error has. */
const OUTCOMES: Readonly<Record<number, string>> = {
  0: "done",
  9: "changes pending: `--plan --detailed-exitcode`",
};

const VARIABLES: readonly (readonly [string, string])[] = [
  [
    "BENTO_HOME",
    "Folder of the local store, caches, images, bases and local deployments. Default: `~/.bento`.",
  ],
  [
    "BENTO_STORE",
    "Store to work on where `--store` is not given: a folder or `file:///folder`. Default: the one in `BENTO_HOME`.",
  ],
  ["NO_COLOR", "Any value switches colour off."],
  [
    "PORT",
    "Port that a served bento listens on, here and in its image. Default: 3000. `--port` wins.",
  ],
  [
    "LOG_LEVEL",
    "What a served bento logs: `trace`, `debug`, `info`, `warn`, `error`, `fatal` or `silent`. Default: `info`.",
  ],
];

/** @param program - the whole tree */
export function cliPage(program: Command): string {
  const leaves = leafCommands(program);
  const index = leaves.map(({ path, command }) => [
    `[\`bento ${path}\`](#bento-${path.replaceAll(" ", "-")})`,
    sentence(command.description()),
  ]);
  return [
    `${GENERATED}\n# The command line\n\n`,
    `${program.description()}\n${INTRODUCTION}\n`,
    table(["command", "what it does"], index),
    ...leaves.map(({ path, command }) => `\n${commandSection(path, command)}`),
    `\n## Exit codes\n\n${table(["code", "when"], exitCodes())}`,
    "\nEach error code, its message and what to do: [errors](errors.md).\n",
    `\n## Environment variables\n\n${table(
      ["variable", "meaning"],
      VARIABLES.map(([name, meaning]) => [code(name), meaning]),
    )}`,
  ].join("");
}

/** A command that does something itself. */
interface Leaf {
  /** Words after \`bento\`, e.g. \`models import\`. */
  readonly path: string;
  readonly command: Command;
}

/** All commands that do something beyond showing help, in the order of the help text. */
export function leafCommands(command: Command, words: readonly string[] = []): Leaf[] {
  const others = command.commands.filter((child) => child.name() !== "help");
  return others.flatMap((child) => {
    const path = [...words, child.name()];
    return child.commands.length === 0
      ? [{ path: path.join(" "), command: child }]
      : leafCommands(child, path);
  });
}

function commandSection(path: string, command: Command): string {
  const parts = [
    `## bento ${path}\n\n${sentence(command.description())}\n\n`,
    fence(
      "text",
      ["bento", path, ...command.registeredArguments.map(argumentText), options(command)]
        .filter((part) => part !== "")
        .join(" "),
    ),
  ];
  if (command.options.length > 0) {
    const rows = command.options.map((option) => [code(option.flags), optionText(option)]);
    parts.push(`\n${table(["option", "meaning"], rows)}`);
  }
  const described = command.registeredArguments.filter(({ description }) => description !== "");
  parts.push(
    ...described.map((argument) => `\n${code(argumentText(argument))}: ${argument.description}.\n`),
  );
  const example = COMMAND_EXAMPLES[path];
  if (example === undefined) {
    throw new Error(`scripts/docs/command-examples.ts has no example for ${path}`);
  }
  return `${parts.join("")}\n${fence("bash", example)}`;
}

function options(command: Command): string {
  return command.options.length === 0 ? "" : "[options]";
}

function argumentText(argument: Argument): string {
  const name = argument.variadic ? `${argument.name()}...` : argument.name();
  return argument.required ? `<${name}>` : `[${name}]`;
}

function optionText(option: Option): string {
  const facts = [
    option.argChoices === undefined ? "" : `One of ${option.argChoices.map(code).join(", ")}.`,
    option.parseArg === undefined || option.argChoices !== undefined ? "" : "May be given again.",
    option.mandatory ? "Required." : "",
    option.negate || option.defaultValue === undefined
      ? ""
      : `Default: ${code(String(option.defaultValue))}.`,
  ];
  return [sentence(option.description), ...facts].filter((fact) => fact !== "").join(" ");
}

function exitCodes(): string[][] {
  const titles = new Map(Object.entries(OUTCOMES).map(([exit, title]) => [Number(exit), [title]]));
  for (const { exit, title } of Object.values(ERROR_CODES)) {
    titles.set(exit, [...(titles.get(exit) ?? []), title]);
  }
  return [...titles]
    .sort(([a], [b]) => a - b)
    .map(([exit, meanings]) => [String(exit), meanings.join("; ")]);
}
