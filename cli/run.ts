/**
 * argv → one command → exit code. This is the one place that catches everything.
 *
 * @module
 */
import { CommanderError } from "commander";
import { BentoError } from "../core/bento-error.ts";
import type { CliContext } from "./context.ts";
import { createProgram } from "./program.ts";
import { reportError } from "./report-error.ts";

/**
 * Runs one command line.
 *
 * @param argv - without the program's own name
 * @returns the exit code, as docs/cli.md lists them
 */
export async function run(argv: readonly string[], context: CliContext): Promise<number> {
  let exitCode = 0;
  const program = createProgram(context, (code) => {
    exitCode = code;
  });
  try {
    await program.parseAsync(argv, { from: "user" });
    return exitCode;
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) {
      return 0; // --help and --version
    }
    const isJson =
      argv.includes("--json") ||
      argv.some((word, index) => word === "json" && argv[index - 1] === "-o");
    return reportError(normalise(error, context), context, isJson);
  }
}

function normalise(error: unknown, context: CliContext): BentoError {
  if (BentoError.isInstance(error)) {
    return error;
  }
  if (error instanceof CommanderError) {
    return usageError(error);
  }
  if (context.signal.aborted) {
    return new BentoError("BENTO_INTERRUPTED", "interrupted", {
      hint: "run the same command again; nothing half-done is visible",
    });
  }
  const message = error instanceof Error ? error.message : String(error);
  return new BentoError("BENTO_BUG", message, {
    where:
      error instanceof Error ? error.stack?.split("\n").slice(1, 4).join("\n").trim() : undefined,
    hint: "this is a defect in bentokit; please report it with the lines above",
    cause: error,
  });
}

/** Commander's words in our three lines: `error: unknown option '--plan' \n(Did you mean --plan?)`. */
function usageError(error: CommanderError): BentoError {
  const [message = "", suggestion] = error.message.replace(/^error: /, "").split("\n");
  const meant = /Did you mean (?:one of )?(.+?)\?/.exec(suggestion ?? "")?.[1];
  return new BentoError("BENTO_USAGE", message, {
    hint:
      meant === undefined
        ? "bento --help lists every command; bento COMMAND --help its options"
        : `did you mean ${meant}?`,
  });
}
