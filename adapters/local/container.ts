/**
 * Runs an image under podman or docker, by their command lines: another user, a read-only root, nothing writable but
 * /tmp, no capabilities. A container is known by its name, which no other ever had.
 *
 * @module
 */
import { randomUUID } from "node:crypto";
import { mkdir, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import type { LogOptions } from "../adapter.ts";
import { dropImage, loadedImage } from "./container-image.ts";
import { containerLog } from "./container-log.ts";
import {
  type CallResult,
  type ContainerProgram,
  callProgram,
  failed,
  runProgram,
} from "./container-program.ts";
import { type Engine, type EngineContext, type StartRequest, urlOf } from "./engine.ts";
import { imageStart, localImage, settingsOf } from "./local-image.ts";
import type { LocalProcess } from "./local-process.ts";
import { logLines } from "./log-file.ts";

/** Where images listen when the port is published. */
const IMAGE_PORT = 3000;

/** What a killed process ends with. */
const KILLED = 128 + 9;

/** Variables that the programs read themselves: they are given as arguments, where they mean the service alone. */
const OF_THE_PROGRAM =
  /^(?:PATH|HOME|USER|TMPDIR|LANG|LC_|LD_|XDG_|GO|SSL_|DOCKER|BUILDKIT|CONTAINER|STORAGE_|BUILDAH|PODMAN|REGISTRY_|\w*_proxy$)/i;

export function containerEngine(program: ContainerProgram): Engine {
  return {
    async check(context) {
      await runProgram(program, ["version"], context);
    },
    async start(request, context) {
      const image = await localImage(request, context);
      const id = await loadedImage(program, image, context);
      const identity = `bento-${context.environment}-${context.name}-${randomUUID().slice(0, 8)}`;
      const process: LocalProcess = { ...request, pid: 0, identity, url: urlOf(request) };
      await context.remember(process);
      const { user, directory } = imageStart(image, {});
      const environment = environmentOf(request, context);
      const args = [
        ...["run", "--detach", "--name", identity, "--pull", "never"],
        ...["--read-only", "--tmpfs", "/tmp", "--user", user, "--workdir", directory],
        ...["--cap-drop", "ALL", "--security-opt", "no-new-privileges"],
        ...labels(request, context),
        ...networkArguments(request),
        ...Object.entries(environment).flatMap((pair) => ["--env", envArgument(pair)]),
        id,
      ];
      const open = Object.entries(environment).filter(([name]) => !OF_THE_PROGRAM.test(name));
      await runProgram(program, args, context, { environment: Object.fromEntries(open) });
      return process;
    },
    isAlive: async ({ identity }, context) =>
      (await inspect(program, identity, "{{.State.Running}}", context)) === "true",
    stop: (target, context) => stop(program, target, context),
    logs: (target, options, context) => logs(program, { target, options, context }),
    release: (target, context) => dropImage(program, target, context),
  };
}

function labels({ bento }: StartRequest, { name, environment }: EngineContext): string[] {
  const all = { bento: bento.tag, deployment: name, environment };
  return Object.entries(all).flatMap(([key, value]) => ["--label", `org.bentokit.${key}=${value}`]);
}

function networkArguments({ network, host, port }: StartRequest): string[] {
  const address = host.includes(":") ? `[${host}]` : host;
  return network === "host"
    ? ["--network", "host"]
    : ["--publish", `${address}:${port}:${IMAGE_PORT}`];
}

function environmentOf(request: StartRequest, context: EngineContext): Record<string, string> {
  const listen =
    request.network === "host"
      ? { BENTO_HOST: request.host, PORT: String(request.port) }
      : { BENTO_HOST: "0.0.0.0", PORT: String(IMAGE_PORT) };
  return { ...settingsOf(request, context), ...listen };
}

/** A name alone is taken from the program's environment: anyone on the machine can read arguments. */
function envArgument([name, value]: readonly [string, string]): string {
  return OF_THE_PROGRAM.test(name) ? `${name}=${value}` : name;
}

async function stop(
  program: ContainerProgram,
  target: LocalProcess,
  context: EngineContext,
): Promise<"already-gone" | "drained" | "killed"> {
  const { identity, stopTimeoutSeconds } = target;
  const running = await inspect(program, identity, "{{.State.Running}}", context);
  if (running === undefined) {
    return "already-gone";
  }
  const seconds = Math.ceil(stopTimeoutSeconds);
  await runProgram(program, ["stop", "-t", String(seconds), identity], context, {
    limitMs: seconds * 1000 + 60_000,
    isCleanup: true,
  });
  const exitCode = await inspect(program, identity, "{{.State.ExitCode}}", context);
  await keepLog(program, target, context);
  await runProgram(program, ["rm", "--force", identity], context, { isCleanup: true });
  if (running !== "true") {
    return "already-gone";
  }
  return Number(exitCode) === KILLED ? "killed" : "drained";
}

/** A log ends with its container, and it is wanted most after a failure. */
async function keepLog(
  program: ContainerProgram,
  { identity, log }: LocalProcess,
  context: EngineContext,
): Promise<void> {
  const lines: string[] = [];
  for await (const line of containerLog(program, identity, {}, { ...context, signal: undefined })) {
    lines.push(`${line}\n`);
  }
  await mkdir(dirname(log), { recursive: true });
  await writeFile(log, lines.join(""), { flag: "a" });
}

interface LogRequest {
  readonly target: LocalProcess;
  readonly options: LogOptions;
  readonly context: EngineContext;
}

async function* logs(
  program: ContainerProgram,
  { target, options, context }: LogRequest,
): AsyncGenerator<string> {
  const isThere = (await inspect(program, target.identity, "{{.Id}}", context)) !== undefined;
  yield* isThere
    ? containerLog(program, target.identity, options, context)
    : logLines(target.log, { ...options, signal: context.signal });
}

/** @returns undefined when there is no such container */
async function inspect(
  program: ContainerProgram,
  name: string,
  format: string,
  context: EngineContext,
): Promise<string | undefined> {
  const args = ["container", "inspect", "--format", format, name];
  const result: CallResult = await callProgram(program, args, context, { isCleanup: true });
  if (result.exitCode === 0) {
    return result.stdout.trim();
  }
  if (/no such (?:container|object)/i.test(result.stderr)) {
    return undefined;
  }
  throw failed(program, args, result);
}
