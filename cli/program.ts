/**
 * The tree of commands. Declaring it loads no library; each action imports what it needs when it runs.
 *
 * @module
 */
import { Command, type CommanderError } from "commander";
import { registerBase } from "./commands/base.ts";
import { registerBentos } from "./commands/bentos.ts";
import { registerBuild } from "./commands/build.ts";
import { registerCompletion } from "./commands/completion.ts";
import { registerContainerize } from "./commands/containerize.ts";
import { registerDeploy } from "./commands/deploy.ts";
import { registerDeployment } from "./commands/deployment.ts";
import { registerDoctor } from "./commands/doctor.ts";
import { registerHelp } from "./commands/help.ts";
import { registerImage } from "./commands/image.ts";
import { registerInit } from "./commands/init.ts";
import { registerModels } from "./commands/models.ts";
import { registerProfile } from "./commands/profile.ts";
import { registerRepin } from "./commands/repin.ts";
import { registerServe } from "./commands/serve.ts";
import { registerTypes } from "./commands/types.ts";
import type { CliContext } from "./context.ts";
import { usageError } from "./usage-error.ts";
import { readVersion } from "./version.ts";

/** Sets the exit code of a command that ended without an error. */
export type SetExitCode = (code: number) => void;

export function createProgram(context: CliContext, setExitCode: SetExitCode): Command {
  const program = new Command("bento")
    .description("Model store → service → bento → deployment, on platforms that scale to zero.")
    .version(readVersion(), "-V, --version", "print the version")
    // `models import --version v1` is the model's version, not a question for ours
    .enablePositionalOptions()
    .helpOption("-h, --help", "show help")
    .configureHelp({ showGlobalOptions: false, sortSubcommands: false })
    .addHelpText("after", EXAMPLES);
  registerInit(program, context);
  registerModels(program, context);
  registerTypes(program, context);
  registerServe(program, context, setExitCode);
  registerProfile(program, context);
  registerBuild(program, context);
  registerBentos(program, context);
  registerContainerize(program, context);
  registerImage(program, context);
  registerRepin(program, context);
  registerBase(program, context);
  registerDeploy(program, context, setExitCode);
  registerDeployment(program, context);
  registerDoctor(program, context, setExitCode);
  registerCompletion(program, context);
  settle(program, context);
  return program;
}

const EXAMPLES = `
Examples:
  bento init iris                                    a new project that serves at once
  bento models import iris.onnx --name iris --version v1
  bento serve service.ts --reload                    develop at http://127.0.0.1:3000
  bento build                                        service.ts + bentofile.yaml → iris:<version>
  bento containerize iris:latest                     an OCI image, no Docker, same bytes every time
  bento deploy iris:latest --platform local

Exit codes: 0 done · 1 a bug · 2 usage or input · 3 not found · 4 conflict · 5 refused by disk or network
            6 unhealthy · 7 refused by a check · 8 rollback failed · 9 changes pending · 130 interrupted
`;

/** Makes every command throw our errors instead of ending the process, and write through the context. */
function settle(command: Command, context: CliContext): void {
  command.exitOverride((error: CommanderError) => {
    // the help of the whole program is an answer, that of a group alone is not
    throw error.exitCode === 0 || (error.code === "commander.help" && command.parent === null)
      ? error
      : usageError(error, command);
  });
  if (command.commands.length > 0) {
    registerHelp(command);
  }
  command.configureOutput({
    writeOut: context.out,
    writeErr: () => {}, // the process edge writes errors, in one form for all
    outputError: () => {},
  });
  for (const child of command.commands) {
    settle(child, context);
  }
}
