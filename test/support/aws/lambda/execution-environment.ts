/**
 * One execution environment: a version's image under bubblewrap with Lambda's rights, polling a Runtime API of its own.
 *
 * @module
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { type ImageStart, imageStart } from "../../../../adapters/local/local-image.ts";
import type { InspectedImage } from "../../../../oci/inspect-image.ts";
import { type Invoked, runtimeApiServer } from "../../runtime-api-server.ts";
import { asMembers, isMembers, membersOf, numberOf, textOf, textsOf } from "../members.ts";
import type { FunctionLog } from "./function-log.ts";
import type { Invocation, Outcome } from "./invoke.ts";

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
  /** Events one after another, unless the function takes several. */
  invoke(invocation: Invocation): Promise<Outcome>;
}

/** Lambda's own restricted user. */
const USER = ["--uid", "993", "--gid", "990"];

export async function executionEnvironment(
  { found, version }: Invocation,
  { root, image, log, region }: EnvironmentOptions,
): Promise<ExecutionEnvironment> {
  const api = await runtimeApiServer();
  const start = startOf(image, version.settings, {
    ...variablesOf({ name: found.name, version: version.version, settings: version.settings }),
    AWS_LAMBDA_RUNTIME_API: api.host,
    AWS_LAMBDA_LOG_GROUP_NAME: log.group,
    AWS_LAMBDA_LOG_STREAM_NAME: log.stream,
    AWS_REGION: region,
    AWS_DEFAULT_REGION: region,
  });
  const child = spawn("bwrap", sandbox(root, start), {
    stdio: ["ignore", "pipe", "pipe"],
    env: start.environment,
  });
  const lines = linesOf(child);
  const ended = once(child, "exit").then(([code]) => Number(code ?? 137));
  ended.catch(() => {});
  let isAlive = true;
  void ended.then(
    () => {
      isAlive = false;
    },
    () => {},
  );
  let before: Promise<unknown> = Promise.resolve();
  const answer = async (invocation: Invocation): Promise<Outcome> => {
    const { requestId, payload } = invocation;
    lines.push(`START RequestId: ${requestId} Version: ${version.version}`);
    const seconds = numberOf(version.settings, "Timeout") ?? 3;
    const timer = Promise.withResolvers<"late">();
    const timeout = setTimeout(() => timer.resolve("late"), seconds * 1000);
    const ready = Promise.race([api.whenIdle(1), ended, timer.promise]);
    const deadlineAt = Date.now() + seconds * 1000;
    try {
      const exit = await ready;
      const invoked =
        exit === undefined
          ? await Promise.race([
              api.invoke(payload, { requestId, deadlineAt }),
              ended,
              timer.promise,
            ])
          : exit;
      return outcomeOf(invoked, { requestId, seconds, initError: api.initErrors.at(-1) });
    } finally {
      clearTimeout(timeout);
      lines.push(`END RequestId: ${requestId}`, `REPORT RequestId: ${requestId}`);
    }
  };
  return {
    get isAlive() {
      return isAlive;
    },
    invoke(invocation) {
      const result = before.then(async () => {
        const outcome = await answer(invocation);
        if (outcome.error !== undefined && isFatal(outcome.payload)) {
          child.kill("SIGKILL");
          isAlive = false;
        }
        const said = lines.splice(0);
        await log.write(said);
        return { ...outcome, log: `${said.join("\n")}\n` };
      });
      before = result.catch(() => {});
      return result;
    },
    async [Symbol.asyncDispose]() {
      child.kill("SIGKILL");
      await ended.catch(() => {});
      await log.write(lines.splice(0));
      await api[Symbol.asyncDispose]();
    },
  };
}

function sandbox(root: string, start: ImageStart): string[] {
  return [
    ...["--unshare-user", "--unshare-pid", "--unshare-ipc", "--unshare-uts", ...USER],
    ...["--new-session", "--die-with-parent", "--as-pid-1"],
    ...["--ro-bind", root, "/", "--proc", "/proc", "--dev", "/dev", "--tmpfs", "/tmp"],
    ...["--chdir", start.directory, "--", ...start.command],
  ];
}

/** The function's ImageConfig over the image's own. */
function startOf(
  { config }: Pick<InspectedImage, "config">,
  settings: Readonly<Record<string, unknown>>,
  variables: Readonly<Record<string, string>>,
): ImageStart {
  const given = membersOf(membersOf(settings, "ImageConfigResponse"), "ImageConfig");
  const [entry, command] = [textsOf(given, "EntryPoint"), textsOf(given, "Command")];
  const own = imageStart({ config }, variables);
  const run = asMembers(config.config);
  const image = { entry: textsOf(run, "Entrypoint"), command: textsOf(run, "Cmd") };
  return {
    ...own,
    command: [
      ...(entry.length > 0 ? entry : image.entry),
      ...(command.length > 0 ? command : image.command),
    ],
    directory: textOf(given, "WorkingDirectory") ?? own.directory,
  };
}

function variablesOf({
  name,
  version,
  settings,
}: {
  name: string;
  version: string;
  settings: Readonly<Record<string, unknown>>;
}): Record<string, string> {
  const given = membersOf(membersOf(settings, "Environment"), "Variables");
  const managed = membersOf(
    membersOf(settings, "CapacityProviderConfig"),
    "LambdaManagedInstancesCapacityProviderConfig",
  );
  const most = textOf(managed, "PerExecutionEnvironmentMaxConcurrency");
  return {
    ...Object.fromEntries(Object.entries(given).map(([key, value]) => [key, String(value)])),
    AWS_LAMBDA_FUNCTION_NAME: name,
    AWS_LAMBDA_FUNCTION_VERSION: version,
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(settings["MemorySize"]),
    AWS_LAMBDA_INITIALIZATION_TYPE: "on-demand",
    LAMBDA_TASK_ROOT: "/var/task",
    TZ: ":UTC",
    ...(most === undefined ? {} : { AWS_LAMBDA_MAX_CONCURRENCY: most }),
  };
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

function outcomeOf(
  invoked: Invoked | number | "late",
  { requestId, seconds, initError }: { requestId: string; seconds: number; initError: unknown },
): Outcome {
  if (invoked === "late") {
    const message = `RequestId: ${requestId} Error: Task timed out after ${seconds.toFixed(2)} seconds`;
    return failure("Sandbox.Timedout", message);
  }
  if (typeof invoked === "number") {
    return isMembers(initError)
      ? { payload: JSON.stringify(initError), error: "Unhandled" }
      : failure(
          "Runtime.ExitError",
          `RequestId: ${requestId} Error: Runtime exited with error: exit status ${invoked}`,
        );
  }
  switch (invoked.kind) {
    case "answer":
      return { payload: invoked.body };
    case "stream":
      return { payload: invoked.body.toString("utf8") };
    case "error":
      return {
        payload: JSON.stringify(invoked.body ?? { errorType: invoked.errorType }),
        error: "Unhandled",
      };
    case "refused":
      return failure("Runtime.Unknown", `RequestId: ${requestId} Error: no poll is idle`);
  }
}

/** After these Lambda starts the function anew. */
function isFatal(payload: string): boolean {
  return /"errorType":"(?:Sandbox\.Timedout|Runtime\.ExitError)"/.test(payload);
}

function failure(errorType: string, errorMessage: string): Outcome {
  return { payload: JSON.stringify({ errorType, errorMessage }), error: "Unhandled" };
}
