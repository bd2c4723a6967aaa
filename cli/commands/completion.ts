/**
 * `bento completion SHELL`: a script that completes commands and options, made from the command tree itself.
 *
 * @module
 */
import { Argument, type Command } from "commander";
import type { CliContext } from "../context.ts";

export function registerCompletion(program: Command, context: CliContext): void {
  program
    .command("completion")
    .description('print a completion script, e.g. eval "$(bento completion bash)"')
    .addArgument(new Argument("<shell>", "bash, zsh or fish").choices(["bash", "zsh", "fish"]))
    .action((shell: string) => context.out(script(shell, wordsByCommand(program))));
}

/** What may follow each command: its subcommands, choices and options, keyed by the command's path. */
function wordsByCommand(command: Command, path: readonly string[] = []): Map<string, string[]> {
  const words = [
    ...(command.name() === "help" ? commandsBeside(command) : []),
    ...command.commands.map((child) => child.name()),
    ...command.registeredArguments.flatMap((argument) => argument.argChoices ?? []),
    ...command.options.flatMap((option) => option.long ?? []),
    "--help",
  ];
  const found = new Map([[path.join(" "), words]]);
  for (const child of command.commands) {
    for (const [key, value] of wordsByCommand(child, [...path, child.name()])) {
      found.set(key, value);
    }
  }
  return found;
}

function commandsBeside(command: Command): string[] {
  const others = command.parent?.commands.filter((child) => child !== command) ?? [];
  return others.map((child) => child.name());
}

function script(shell: string, words: ReadonlyMap<string, readonly string[]>): string {
  const cases = [...words]
    .filter(([path]) => path !== "")
    .sort(([a], [b]) => b.length - a.length)
    .map(([path, list]) => [path, list.join(" ")] as const);
  const top = (words.get("") ?? []).join(" ");
  if (shell === "fish") {
    const lines = cases.map(
      ([path, list]) =>
        `complete -c bento -n "string match -q -- 'bento ${path} *' (commandline -cp)" -a "${list}"`,
    );
    return `complete -c bento -n __fish_use_subcommand -a "${top}"\n${lines.join("\n")}\n`;
  }
  const branches = cases
    .map(([path, list]) => `    "bento ${path} "*) words="${list}" ;;`)
    .join("\n");
  const zsh = shell === "zsh" ? "autoload -U +X bashcompinit && bashcompinit\n" : "";
  return `${zsh}_bento() {
  local line="\${COMP_WORDS[*]:0:COMP_CWORD} " words="${top}"
  case "$line" in
${branches}
  esac
  COMPREPLY=($(compgen -W "$words" -- "\${COMP_WORDS[COMP_CWORD]}"))
}
complete -o default -F _bento bento
`;
}
