/**
 * The HTTP face of a service, without a port: every path, every status. Each answer, errors included, carries its request
 * id and the versions that gave it.
 *
 * @module
 */
import { type Context, Hono } from "hono";
import type { EndpointDefinition, Log } from "../core/endpoint.ts";
import { nearest } from "../core/nearest.ts";
import type { ServiceDefinition } from "../core/service.ts";
import { apiEndpoint } from "./api-endpoint.ts";
import { batchEndpoint } from "./batch-endpoint.ts";
import { addBuiltIns, refuseMethod } from "./built-ins.ts";
import type { Endpoint } from "./call.ts";
import { type Clock, systemClock, type Timers } from "./clock.ts";
import { errorResponse, HttpError, isInternal } from "./http-error.ts";
import { createLifecycle, type Lifecycle } from "./lifecycle.ts";
import { silentLog, withFields } from "./log.ts";
import { DEFAULT_MAX_BODY_BYTES, readJson } from "./read-body.ts";
import { chooseRequestId, randomRequestId } from "./request-id.ts";
import type { LoadedRunner } from "./runner/runner.ts";
import { withTimeLimit } from "./time-limit.ts";

/** What runs, for headers and documents. */
export interface RuntimeInfo {
  /** Of the bento. */
  readonly name: string;
  readonly version: string;
  /** Exact tags by the service's own names. */
  readonly models: Readonly<Record<string, { readonly tag: string }>>;
}

export interface AppOptions {
  readonly definition: ServiceDefinition;
  /** One for each of the service's models. */
  readonly runners: Readonly<Record<string, LoadedRunner>>;
  readonly runtime: RuntimeInfo;
  /** @default silence */
  readonly log?: Log;
  /** @default the process's */
  readonly clock?: Clock;
  /** @default Node's */
  readonly timers?: Timers;
  /** @default a random UUID */
  readonly newRequestId?: () => string;
  /** Longest body in bytes. @default 32 MiB */
  readonly maxBodyBytes?: number;
  /** Whether answers name the bento and its models in `X-Bento` and `X-Bento-Models`. @default true */
  readonly versionHeaders?: boolean;
}

export interface App {
  readonly hono: Hono<AppEnv>;
  readonly lifecycle: Lifecycle;
  fetch(request: Request): Promise<Response>;
}

export interface AppEnv {
  Variables: { requestId: string };
}

const DEFAULT_TIMEOUT_MS = 60_000;

/** Makes the app. It holds no port and starts nothing; the runners stay the caller's to close. */
export function createApp(options: AppOptions): App {
  const { definition, log = silentLog } = options;
  const hono = new Hono<AppEnv>();
  const lifecycle = createLifecycle(definition.traffic?.maxConcurrency);
  hono.use(observeRequests(options));
  addBuiltIns({ hono, lifecycle, definition, version: options.runtime.version, log });
  for (const [name, endpoint] of Object.entries(definition.apis)) {
    const answer = endpointOf(name, endpoint, options);
    hono.post(`/${name}`, (c) => lifecycle.admit(() => callEndpoint(c, answer, options)));
    hono.all(`/${name}`, () => refuseMethod("POST"));
  }
  hono.notFound((c) => errorResponse(unknownPath(c.req.path, Object.keys(definition.apis))));
  hono.onError((error, c) => {
    if (isInternal(error)) {
      const fields = { requestId: c.get("requestId"), path: c.req.path, err: error };
      log.error(fields, "request failed");
    }
    return errorResponse(error);
  });
  return { hono, lifecycle, fetch: async (request) => hono.fetch(request) };
}

function observeRequests(options: AppOptions) {
  const { log = silentLog, clock = systemClock, newRequestId = randomRequestId } = options;
  const headers = options.versionHeaders === false ? {} : versionHeaders(options.runtime);
  return async (c: Context<AppEnv>, next: () => Promise<void>): Promise<void> => {
    const startedAt = clock.now();
    const requestId = chooseRequestId(c.req.header("x-request-id"), newRequestId);
    c.set("requestId", requestId);
    await next();
    c.header("x-request-id", requestId);
    for (const [name, value] of Object.entries(headers)) {
      c.header(name, value);
    }
    const { method, path } = c.req;
    const durationMs = Math.round((clock.now() - startedAt) * 1000) / 1000;
    log.info({ requestId, method, path, status: c.res.status, durationMs }, "request");
  };
}

function versionHeaders({ name, version, models }: RuntimeInfo): Record<string, string> {
  const listed = Object.entries(models).map(([key, { tag }]) => `${key}=${tag}`);
  return {
    "x-bento": `${name}:${version}`,
    ...(listed.length === 0 ? {} : { "x-bento-models": listed.join(", ") }),
  };
}

function endpointOf(name: string, definition: EndpointDefinition, options: AppOptions): Endpoint {
  const { runners, clock, timers, log = silentLog } = options;
  if (definition.kind === "api") {
    return apiEndpoint({ name, definition, models: runners });
  }
  const models = Object.fromEntries(
    Object.entries(runners).map(([key, runner]) => [key, { run: runner.runAlone }]),
  );
  return batchEndpoint({
    name,
    definition,
    models,
    clock,
    timers,
    log: withFields(log, { api: name }),
  });
}

async function callEndpoint(
  c: Context<AppEnv>,
  answer: Endpoint,
  options: AppOptions,
): Promise<Response> {
  const { definition, log = silentLog, maxBodyBytes = DEFAULT_MAX_BODY_BYTES } = options;
  const request = c.req.raw;
  const requestId = c.get("requestId");
  const limit = {
    timeoutMs: definition.traffic?.timeoutMs ?? DEFAULT_TIMEOUT_MS,
    callerSignal: request.signal,
  };
  const work = async (signal: AbortSignal) => {
    const body = await readJson(request, maxBodyBytes);
    const { headers } = request;
    return answer({ body, requestId, headers, signal, log: withFields(log, { requestId }) });
  };
  const value = await withTimeLimit(limit, work).catch((error: unknown) => {
    // Hono answers errors alone
    throw error instanceof Error
      ? error
      : new Error("run threw what is no error", { cause: error });
  });
  return c.json(value ?? null);
}

function unknownPath(path: string, apis: readonly string[]): HttpError {
  const near = nearest(path.slice(1), apis);
  const advice = near === undefined ? "" : `; did you mean /${near}?`;
  return new HttpError(404, `nothing is at ${path}${advice}`, { detail: { apis } });
}
