/**
 * A service ready to answer, before anything brings it requests: its models loaded, its hooks run.
 *
 * @module
 */
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { BentoError } from "../core/bento-error.ts";
import type { RuntimeManifest } from "../core/runtime-manifest.ts";
import type { ServiceDefinition } from "../core/service.ts";
import { type App, type AppOptions, createApp } from "./app.ts";
import { findService, type ModuleExports } from "./find-service.ts";
import { jsonLog } from "./json-log.ts";
import type { ServerLog } from "./log.ts";
import type { ExecutionProvider } from "./runner/onnx-session.ts";
import { loadModels, readProfile, readRuntime } from "./runtime.ts";

export type Environment = Readonly<Record<string, string | undefined>>;

export interface OpenServiceOptions
  extends Pick<AppOptions, "maxBodyBytes" | "metrics" | "createMetrics" | "versionHeaders"> {
  /** What the module of the service exports. */
  readonly exports: ModuleExports;
  /** @default the default export */
  readonly exportName?: string | undefined;
  /** The folder of bento.json; paths of models are relative to it. @default the working directory */
  readonly runtimeDirectory?: string | URL;
  /** Instead of bento.json. */
  readonly runtime?: RuntimeManifest;
  /** Where declared variables, BENTO_PROFILE, BENTO_PROVIDER and LOG_LEVEL are looked up. */
  readonly environment: Environment;
  /** @default JSON lines on stderr, from $LOG_LEVEL or "info" on */
  readonly log?: ServerLog;
  /** Worker threads of each model. @default by the model's size and the machine's cores */
  readonly threads?: number;
  /** Whether no request comes before the last is answered: then there are no batches to prepare for. @default false */
  readonly isOneAtATime?: boolean;
}

export interface OpenService {
  readonly app: App;
  readonly definition: ServiceDefinition;
  readonly log: ServerLog;
  /** The service's own names. */
  readonly models: readonly string[];
  /** Runs `onStop` and ends the models' threads. */
  stop(): Promise<void>;
}

/**
 * @throws BentoError BENTO_INVALID_SERVICE without a service, BENTO_INVALID_INPUT when declared variables are not set, and
 * whatever keeps a model from loading
 */
export async function openService(options: OpenServiceOptions): Promise<OpenService> {
  const { environment } = options;
  const { definition } = findService(options.exports, options.exportName);
  checkEnvironment(definition, environment);
  const directory = directoryOf(options.runtimeDirectory);
  const runtime = options.runtime ?? (await readRuntime(directory));
  const base = { bento: `${runtime.name}:${runtime.version}` };
  const log = options.log ?? jsonLog({ level: environment["LOG_LEVEL"], base });
  const runners = await loadModels({
    definition,
    runtime,
    directory,
    log,
    threads: options.threads,
    isOneAtATime: options.isOneAtATime,
    provider: readProvider(environment),
    profile: await readProfile(directory, { given: environment["BENTO_PROFILE"], log }),
  });
  const closeRunners = () => Promise.all(Object.values(runners).map((runner) => runner.close()));
  let isStarted = false;
  try {
    await definition.onStart?.({ log });
    isStarted = true;
    const app = createApp({ ...options, definition, runners, runtime, log });
    const models = Object.keys(runners);
    return { app, definition, log, models, stop: () => stop(definition, closeRunners) };
  } catch (error) {
    await (isStarted ? stop(definition, closeRunners) : closeRunners()).catch((err: unknown) =>
      log.error({ err }, "stopping failed"),
    );
    throw error;
  }
}

/** The models are closed also where `onStop` fails. */
async function stop(
  definition: ServiceDefinition,
  closeRunners: () => Promise<unknown>,
): Promise<void> {
  try {
    await definition.onStop?.();
  } finally {
    await closeRunners();
  }
}

function checkEnvironment(definition: ServiceDefinition, environment: Environment): void {
  const unset = (definition.env ?? []).filter((name) => (environment[name] ?? "") === "");
  if (unset.length > 0) {
    const [first] = unset;
    throw new BentoError(
      "BENTO_INVALID_INPUT",
      unset.map((name) => `environment variable ${name} is not set`).join("\n"),
      {
        where: `service ${JSON.stringify(definition.name)}, env`,
        hint: `set what the service declares where it runs, e.g. ${first}=… bento serve, or bento deploy --set-env ${first}=…`,
      },
    );
  }
}

/** For a service that needs a GPU on a machine that has none. */
function readProvider(environment: Environment): ExecutionProvider | undefined {
  const text = environment["BENTO_PROVIDER"] ?? "";
  if (text !== "" && text !== "cpu" && text !== "cuda") {
    throw new BentoError(
      "BENTO_INVALID_INPUT",
      `no execution provider is called ${JSON.stringify(text)}`,
      { where: "BENTO_PROVIDER", hint: "set it to cpu or cuda, or leave it to the service" },
    );
  }
  return text === "" ? undefined : text;
}

function directoryOf(directory: string | URL = "."): string {
  return resolve(directory instanceof URL ? fileURLToPath(directory) : directory);
}
