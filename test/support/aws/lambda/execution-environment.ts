/**
 * One execution environment: a version's image under bubblewrap with Lambda's rights, polling a Runtime API of its own.
 *
 * @module
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import type { ImageStart } from "../../../../adapters/local/local-image.ts";
import type { InspectedImage } from "../../../../oci/inspect-image.ts";
import { type RuntimeApiServer, runtimeApiServer } from "../../runtime-api-server.ts";
import { numberOf } from "../members.ts";
import type { FunctionLog } from "./function-log.ts";
import { startOf, variablesOf } from "./function-start.ts";
import type { Invocation, Outcome } from "./invoke.ts";
import { isFatal, outcomeOf } from "./runtime-outcome.ts";

export interface EnvironmentOptions {
  /** The unpacked image. */
  readonly root: string;
  readonly image: Pick<InspectedImage, "config">;
  readonly log: FunctionLog;
  readonly region: string;
}

export interface ExecutionEnvironment extends AsyncDisposable {
  /** False once its process has ended. */
  readonly isAlive: boolean;
  /** Events one after another, unless the function takes several at once. */
  invoke(invocation: Invocation): Promise<Outcome>;
}

/** How long a start may take before it counts as part of the first event. */
const INIT_MS = 10_000;

/** Lambda's own restricted user. */
const USER = ["--uid", "993", "--gid", "990"];

interface Sandbox {
  readonly api: RuntimeApiServer;
  /** What it printed and nobody has taken yet. */
  readonly lines: string[];
  /** The status that it ended with. */
  readonly ended: Promise<number>;
  isAlive: boolean;
  kill(): void;
}

export async function executionEnvironment(
  { found, version }: Invocation,
  { root, image, log, region }: EnvironmentOptions,
): Promise<ExecutionEnvironment> {
  const api = await runtimeApiServer();
  const { settings } = version;
  const variables = variablesOf({ name: found.name, version: version.version, settings });
  const start = startOf(image, settings, {
    ...variables,
    AWS_LAMBDA_RUNTIME_API: api.host,
    AWS_LAMBDA_LOG_GROUP_NAME: log.group,
    AWS_LAMBDA_LOG_STREAM_NAME: log.stream,
    AWS_REGION: region,
    AWS_DEFAULT_REGION: region,
  });
  const sandbox = startSandbox(root, start, api);
  const isShared = variables["AWS_LAMBDA_MAX_CONCURRENCY"] !== undefined;
  let before: Promise<unknown> = Promise.resolve();
  return {
    get isAlive() {
      return sandbox.isAlive;
    },
    invoke(invocation) {
      const result = (isShared ? Promise.resolve() : before).then(() =>
        logged(sandbox, invocation, log),
      );
      before = result.catch(() => {});
      return result;
    },
    async [Symbol.asyncDispose]() {
      sandbox.kill();
      await sandbox.ended;
      await log.write(sandbox.lines.splice(0));
      await api[Symbol.asyncDispose]();
    },
  };
}

function startSandbox(root: string, start: ImageStart, api: RuntimeApiServer): Sandbox {
  const child = spawn("bwrap", argumentsOf(root, start), {
    stdio: ["ignore", "pipe", "pipe"],
    env: start.environment,
  });
  const sandbox = {
    api,
    lines: linesOf(child),
    ended: once(child, "exit").then(
      ([code]) => Number(code ?? 137),
      () => 127,
    ),
    isAlive: true,
    kill() {
      sandbox.isAlive = false;
      child.kill("SIGKILL");
    },
  };
  void sandbox.ended.then(() => {
    sandbox.isAlive = false;
  });
  return sandbox;
}

function argumentsOf(root: string, start: ImageStart): string[] {
  return [
    ...["--unshare-user", "--unshare-pid", "--unshare-ipc", "--unshare-uts", ...USER],
    ...["--new-session", "--die-with-parent", "--as-pid-1"],
    ...["--ro-bind", root, "/", "--proc", "/proc", "--dev", "/dev", "--tmpfs", "/tmp"],
    ...["--chdir", start.directory, "--", ...start.command],
  ];
}

function linesOf(child: ChildProcess): string[] {
  const lines: string[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    if (stream !== null) {
      createInterface(stream).on("line", (line) => lines.push(line));
    }
  }
  return lines;
}

/** An answer with what was printed meanwhile, which can be read in the log afterwards. */
async function logged(
  sandbox: Sandbox,
  invocation: Invocation,
  log: FunctionLog,
): Promise<Outcome> {
  const { requestId, version } = invocation;
  sandbox.lines.push(`START RequestId: ${requestId} Version: ${version.version}`);
  const outcome = await answered(sandbox, invocation);
  if (outcome.error !== undefined && isFatal(outcome.payload)) {
    sandbox.kill();
  }
  sandbox.lines.push(`END RequestId: ${requestId}`, `REPORT RequestId: ${requestId}`);
  const said = sandbox.lines.splice(0);
  await log.write(said);
  return { ...outcome, log: `${said.join("\n")}\n` };
}

/** Waits for a poll as long as Lambda waits for a start, and then for the answer, no longer than the timeout. */
async function answered(
  { api, ended }: Sandbox,
  { requestId, payload, version }: Invocation,
): Promise<Outcome> {
  const seconds = numberOf(version.settings, "Timeout") ?? 3;
  const told = () => ({ requestId, seconds, initError: api.initErrors.at(-1) });
  const stopped = await within(INIT_MS + seconds * 1000, Promise.race([api.whenIdle(1), ended]));
  if (stopped !== undefined) {
    return outcomeOf(stopped, told());
  }
  const deadlineAt = Date.now() + seconds * 1000;
  const answer = api.invoke(payload, { requestId, deadlineAt });
  return outcomeOf(await within(seconds * 1000, Promise.race([answer, ended])), told());
}

/** What comes, or that time was up. */
async function within<Result>(limitMs: number, promise: Promise<Result>): Promise<Result | "late"> {
  const late = Promise.withResolvers<"late">();
  const timeout = setTimeout(() => late.resolve("late"), limitMs);
  try {
    return await Promise.race([promise, late.promise]);
  } finally {
    clearTimeout(timeout);
  }
}
