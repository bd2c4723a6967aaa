/**
 * argv → one command → exit code. This is the one place that catches everything.
 *
 * @module
 */
import { CommanderError } from "commander";
import { BentoError } from "../core/bento-error.ts";
import { diskError } from "../model-store/disk-error.ts";
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
    if (error instanceof CommanderError) {
      if (error.code === "commander.help") {
        program.outputHelp(); // `bento` alone
      }
      return 0; // --help and --version have said their piece
    }
    return reportError(normalise(error, context), context, asksForJson(argv));
  }
}

/** Whether the command line asks for JSON, in any spelling; it may be one that cannot be read. */
function asksForJson(argv: readonly string[]): boolean {
  return /(^| )(--json|(-o|--output)[ =]?json)( |$)/.test(argv.join(" "));
}

function normalise(error: unknown, context: CliContext): BentoError {
  // what is stopped in the middle of its work may fail in any words of its own
  if (context.signal.aborted && !isWorthTelling(error)) {
    return new BentoError("BENTO_INTERRUPTED", "interrupted", {
      hint: "run the same command again; nothing half-done is visible",
    });
  }
  if (BentoError.isInstance(error)) {
    return error;
  }
  const refusal = systemRefusal(error);
  if (refusal !== undefined) {
    return refusal;
  }
  const message = error instanceof Error ? error.message : String(error);
  return new BentoError("BENTO_BUG", message, {
    where:
      error instanceof Error ? error.stack?.split("\n").slice(1, 4).join("\n").trim() : undefined,
    hint: "this is a defect in bentokit; please report it with the lines above",
    cause: error,
  });
}

/** After an interruption only the state of a deployment still matters. */
function isWorthTelling(error: unknown): boolean {
  return (
    BentoError.isInstance(error) &&
    ["BENTO_INTERRUPTED", "BENTO_UNHEALTHY", "BENTO_ROLLBACK_FAILED"].includes(error.code)
  );
}

/** A file that nobody expected to fail is still the disk's fault, not a defect. */
function systemRefusal(error: unknown): BentoError | undefined {
  if (!(error instanceof Error && "syscall" in error && "code" in error)) {
    return undefined;
  }
  const verb = VERBS[String(error.syscall)] ?? String(error.syscall);
  const path = "path" in error ? String(error.path) : "a file"; // a write knows no path
  const refusal = diskError(error, verb, path);
  return BentoError.isInstance(refusal) ? refusal : undefined;
}

const VERBS: Readonly<Record<string, string>> = {
  mkdir: "make",
  mkdtemp: "make",
  scandir: "list",
  rm: "remove",
  unlink: "remove",
  rmdir: "remove",
  copyfile: "copy",
  lstat: "look at",
  stat: "look at",
};
