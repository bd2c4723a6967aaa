/**
 * The command lines of a page, read as a shell would read them and parsed against the tree of commands.
 *
 * @module
 */
import type { Command } from "commander";
import { commandTree } from "../../scripts/docs/pages.ts";

/** The `bento` commands of a shell script, each as its words after `bento`. */
export function bentoCommands(script: string): string[][] {
  const lines = script.replaceAll(/\\\n\s*/g, " ").split("\n");
  return lines.flatMap((line) =>
    simpleCommands(line.replaceAll(/\$\((bento [^)]*)\)/g, "; $1 ;")).flatMap((words) => {
      const start = words[0] === "npx" ? 1 : 0;
      return words[start] === "bento" ? [words.slice(start + 1)] : [];
    }),
  );
}

/** Splits a line at `|`, `&&`, `;` and the like, drops comments, redirections and assignments in front. */
function simpleCommands(line: string): string[][] {
  const commands: string[][] = [[]];
  for (const [token] of line.matchAll(
    /\s+#.*$|^#.*$|\d?[<>]{1,2}&?\s*\S+|[|&;]+|(?:"[^"]*"|'[^']*'|[^\s|&;"'])+/g,
  )) {
    if (/^\s*#/.test(token) || /^\d?[<>]/.test(token)) {
      continue;
    }
    if (/^[|&;]/.test(token)) {
      commands.push([]);
    } else if (commands.at(-1)?.length !== 0 || !/^[A-Z_]+=/.test(token)) {
      commands.at(-1)?.push(token.replaceAll(/["']/g, ""));
    }
  }
  return commands.filter((words) => words.length > 0);
}

/**
 * Parses a command line and does nothing.
 *
 * @throws CommanderError for an unknown command, option or choice, or what is missing
 */
export async function parseCommandLine(words: readonly string[]): Promise<void> {
  const program = commandTree();
  disarm(program);
  await program.parseAsync([...words], { from: "user" }).catch((error: { exitCode?: number }) => {
    if (error.exitCode !== 0) {
      throw error; // help and version end with 0
    }
  });
}

function disarm(command: Command): void {
  if (command.commands.length === 0) {
    command.action(() => {});
  }
  for (const child of command.commands) {
    disarm(child);
  }
}

/** True when the words start with a command, or are one: `models import`. */
export function isCommand(words: readonly string[]): boolean {
  let command = commandTree();
  for (const word of words) {
    const child = command.commands.find((one) => one.name() === word);
    if (child === undefined) {
      return command.commands.length === 0;
    }
    command = child;
  }
  return true;
}
