/**
 * `bento serve`: a service from its source, or a built bento, on this machine.
 *
 * @module
 */
import type { Command } from "commander";
import type { CliContext } from "../context.ts";
import type { SetExitCode } from "../program.ts";
import { STORE_OPTION } from "../store.ts";

export function registerServe(
  program: Command,
  context: CliContext,
  setExitCode: SetExitCode,
): void {
  program
    .command("serve [target]")
    .description(
      "serve a project folder, a service file or a bento's tag (default: the project here)",
    )
    .option("-p, --port <port>", "port to listen on (default: PORT, else 3000)")
    .option("--host <host>", "address to listen on", "127.0.0.1")
    .option("--reload", "restart when a source changes")
    .option("--production", "serve as in the image: JSON logs, all addresses, only built bentos")
    .option(...STORE_OPTION)
    .action(async (target: string | undefined, options) =>
      setExitCode(
        await (await import("../actions/serve.ts")).serve(context, target ?? ".", options),
      ),
    );
}
