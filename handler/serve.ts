/**
 * A service behind a port: models loaded, hooks run, and an orderly end.
 *
 * @module
 */
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { BentoError } from "../core/bento-error.ts";
import type { Log } from "../core/endpoint.ts";
import type { RuntimeManifest } from "../core/runtime-manifest.ts";
import type { ServiceDefinition } from "../core/service.ts";
import { type AppOptions, createApp } from "./app.ts";
import { findService, type ModuleExports } from "./find-service.ts";
import { jsonLog } from "./json-log.ts";
import { type Listener, listen } from "./listen.ts";
import type { ExecutionProvider } from "./runner/onnx-session.ts";
import { loadModels, readProfile, readRuntime } from "./runtime.ts";

type Environment = Readonly<Record<string, string | undefined>>;

export interface ServeOptions
  extends Pick<AppOptions, "maxBodyBytes" | "metrics" | "versionHeaders"> {
  /** What the module of the service exports. */
  readonly exports: ModuleExports;
  /** @default the default export */
  readonly exportName?: string | undefined;
  /** The folder of bento.json; paths of models are relative to it. @default the working directory */
  readonly runtimeDirectory?: string | URL;
  /** Instead of bento.json. */
  readonly runtime?: RuntimeManifest;
  /** @default $BENTO_HOST, else all addresses of the machine */
  readonly host?: string | undefined;
  /** 0 takes any free port. @default $PORT, else 3000 */
  readonly port?: number | undefined;
  /** Where declared variables, BENTO_HOST, BENTO_PROFILE, BENTO_PROVIDER, LOG_LEVEL and PORT are looked up. */
  readonly environment: Environment;
  /** @default JSON lines on stderr, from $LOG_LEVEL or "info" on */
  readonly log?: Log;
  /** Worker threads of each model. @default by the model's size and the machine's cores */
  readonly threads?: number;
  /** Longest that `close` waits for requests at work, in milliseconds. @default 9000, within Cloud Run's 10 s */
  readonly drainTimeoutMs?: number;
}

export interface Server {
  /** `http://127.0.0.1:3000`. */
  readonly url: string;
  readonly port: number;
  /** Where it logs. */
  readonly log: Log;
  /**
   * Takes no more requests, lets those at work finish within the limit, runs `onStop` and ends the models' threads. A second
   * call waits for the same end.
   */
  close(): Promise<void>;
}

/**
 * Serves until closed. Resolves when requests are taken.
 *
 * @throws BentoError BENTO_INVALID_SERVICE without a service, BENTO_INVALID_INPUT when declared variables are not set,
 * BENTO_IO when the port cannot be had, and whatever keeps a model from loading
 */
export async function serve(options: ServeOptions): Promise<Server> {
  const { environment } = options;
  const host = options.host ?? (environment["BENTO_HOST"] || undefined);
  const { definition } = findService(options.exports, options.exportName);
  checkEnvironment(definition, environment);
  const port = options.port ?? readPort(environment);
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
    provider: readProvider(environment),
    profile: await readProfile(directory, { given: environment["BENTO_PROFILE"], log }),
  });
  const closeRunners = () => Promise.all(Object.values(runners).map((runner) => runner.close()));
  let isStarted = false;
  try {
    await definition.onStart?.({ log });
    isStarted = true;
    const app = createApp({ ...options, definition, runners, runtime, log });
    const listener = await listen({ fetch: app.fetch, refuse: app.refuse, port, host });
    const url = urlOf(listener.port, host);
    log.info({ url, models: Object.keys(runners) }, "listening");
    let closing: Promise<void> | undefined;
    const close = async () => {
      log.info({ inFlight: app.lifecycle.inFlight }, "draining");
      await drain(listener, app.lifecycle.drain(), options.drainTimeoutMs ?? 9000);
      await stop(definition, closeRunners);
      log.info({}, "stopped");
    };
    return { url, port: listener.port, log, close: () => (closing ??= close()) };
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

async function drain(listener: Listener, idle: Promise<void>, limitMs: number): Promise<void> {
  const deadline = AbortSignal.timeout(limitMs);
  const late = new Promise<void>((resolve) => {
    deadline.addEventListener("abort", () => resolve(), { once: true });
  });
  listener.stopAccepting();
  await Promise.race([idle, late]);
  await listener.close(deadline);
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

function readPort(environment: Environment): number {
  const text = environment["PORT"] ?? "3000";
  const port = Number(text);
  if (!/^\d+$/.test(text) || port > 65_535) {
    throw new BentoError("BENTO_INVALID_INPUT", `not a port: ${JSON.stringify(text)}`, {
      where: "PORT",
      hint: "set it to a whole number from 0 to 65535",
    });
  }
  return port;
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

/** Where this machine reaches the server: addresses that mean all of them cannot be dialled everywhere. */
function urlOf(port: number, host = "0.0.0.0"): string {
  const dialled = host === "0.0.0.0" ? "127.0.0.1" : host === "::" ? "::1" : host;
  return `http://${dialled.includes(":") ? `[${dialled}]` : dialled}:${port}`;
}

function directoryOf(directory: string | URL = "."): string {
  return resolve(directory instanceof URL ? fileURLToPath(directory) : directory);
}
