/**
 * A served bento as a child in the foreground: it has this terminal, and ends with it.
 *
 * @module
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { BentoError, ERROR_CODES } from "../core/bento-error.ts";
import { formatError } from "../core/format-error.ts";
import { installedPackage } from "../packager/own-package.ts";
import type { CliContext } from "./context.ts";
import { readableLog } from "./log-lines.ts";

export interface ServerOptions {
  /** Holds bento.json and src/main.js. */
  readonly directory: string;
  readonly host: string;
  /** @default PORT, else 3000 */
  readonly port: string | undefined;
  /** Log lines stay JSON. */
  readonly isProduction: boolean;
}

export interface ServerProcess {
  /** The exit code; resolves when the server has ended, whatever ended it. */
  readonly ended: Promise<number>;
  /** Lets requests at work finish, then ends it. */
  stop(): Promise<void>;
}

/** Runs first in the server: its stdin ends when this process does, also by SIGKILL, and so does the server then. */
const LIFELINE = `data:text/javascript,${encodeURIComponent(
  // threads of models start with the same flags, and have no stdin of their own
  `import { isMainThread } from "node:worker_threads";
if (isMainThread) process.stdin.on("error", () => {}).on("close", () => process.kill(process.pid, "SIGTERM")).resume().unref();`,
)}`;

export async function startServer(
  context: CliContext,
  options: ServerOptions,
): Promise<ServerProcess> {
  const natives = dirname((await installedPackage("onnxruntime-node")).directory);
  const main = join(options.directory, "src", "main.js");
  const child = spawn(process.execPath, ["--import", LIFELINE, main], {
    env: {
      ...context.environment,
      ORT_DISABLE_TELEMETRY: "1",
      NODE_PATH: natives,
      BENTO_HOST: options.host,
      ...(options.port === undefined ? {} : { PORT: options.port }),
      ...(options.isProduction ? { NODE_ENV: "production" } : {}),
    },
    stdio: ["pipe", "inherit", options.isProduction ? "inherit" : "pipe"],
  });
  if (child.stderr !== null) {
    createInterface({ input: child.stderr }).on("line", (line) =>
      context.err(`${readableLog(line)}\n`),
    );
  }
  const ended = once(child, "close").then(([code, signal]) => exitCodeOf(context, code, signal));
  return {
    ended,
    async stop() {
      child.kill("SIGTERM");
      await ended;
    },
  };
}

function exitCodeOf(context: CliContext, code: unknown, signal: unknown): number {
  if (typeof code === "number") {
    // Node's 1 for what nobody caught: here it is the service that threw, and no defect of ours
    return code === ERROR_CODES.BENTO_BUG.exit ? ERROR_CODES.BENTO_INVALID_SERVICE.exit : code;
  }
  if (signal === "SIGINT" || signal === "SIGTERM") {
    return 0; // stopped before it was able to listen to that
  }
  const error = new BentoError("BENTO_IO", `the server was ended by ${String(signal)}`, {
    hint: "out of memory? then give it more, or a smaller model",
  });
  context.err(formatError(error, context.hasColour));
  return error.exitCode;
}
