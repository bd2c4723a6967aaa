/**
 * What a command may touch of the process around it. Commands take it as an argument, so that tests run them without a
 * process.
 *
 * @module
 */
import { homedir } from "node:os";
import { join, resolve } from "node:path";

export interface CliContext {
  readonly cwd: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** The result: what a script reads. */
  out(text: string): void;
  /** The talk: progress, notices, errors. */
  err(text: string): void;
  /** Whether a person watches `err`. */
  readonly isTerminal: boolean;
  /** Characters in a line of that terminal. @default 80 */
  readonly columns?: number | undefined;
  readonly hasColour: boolean;
  /** Aborted by the first Ctrl-C or SIGTERM. */
  readonly signal: AbortSignal;
  /** A line typed by the user; undefined where nobody can be asked. What is hidden is not shown as it is typed. */
  ask(question: string, options?: { readonly isHidden?: boolean }): Promise<string | undefined>;
}

/** Where this user's store, caches and local deployments are: `BENTO_HOME`, else `~/.bento`. */
export function homeOf(context: CliContext): string {
  const given = context.environment["BENTO_HOME"];
  return given === undefined || given === ""
    ? join(homedir(), ".bento")
    : resolve(context.cwd, given);
}

/** The context of the real process. Ctrl-C or SIGTERM aborts the signal; a second one ends the process at once. */
export function processContext(): CliContext {
  const interrupted = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.once(signal, () => {
      interrupted.abort(new Error("interrupted"));
      process.once(signal, () => process.exit(130));
    });
  }
  // `bento list | head` ends when head has seen enough
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    process.exit(error.code === "EPIPE" ? 0 : 5);
  });
  process.stderr.on("error", () => {}); // nobody hears the talk: the work goes on
  const isTerminal = process.stderr.isTTY === true;
  const noColour = process.env["NO_COLOR"];
  return {
    cwd: process.cwd(),
    environment: process.env,
    out: (text) => void process.stdout.write(text),
    err: (text) => void process.stderr.write(text),
    isTerminal,
    get columns() {
      return process.stderr.columns || undefined; // some terminals say 0
    },
    hasColour: isTerminal && (noColour === undefined || noColour === ""),
    signal: interrupted.signal,
    ask: async (question, { isHidden = false } = {}) => {
      if (process.stdin.isTTY !== true || !isTerminal) {
        return undefined;
      }
      const { createInterface } = await import("node:readline/promises");
      const { Writable } = await import("node:stream");
      const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
      const output = isHidden ? nowhere : process.stderr;
      const prompt = createInterface({ input: process.stdin, output, terminal: true });
      // a terminal that is read key by key makes no signal of Ctrl-C
      prompt.on("SIGINT", () => process.kill(process.pid, "SIGINT"));
      try {
        if (isHidden) {
          process.stderr.write(question);
        }
        return await prompt.question(question, { signal: interrupted.signal });
      } finally {
        prompt.close();
        if (isHidden) {
          process.stderr.write("\n");
        }
      }
    },
  };
}
