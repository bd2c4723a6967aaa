/**
 * The HTTP face of a service, without a port: every path, every status. Each answer, errors included, carries its request
 * id and the versions that gave it.
 *
 * @module
 */
import { type Context, Hono } from "hono";
import type { EndpointDefinition } from "../core/endpoint.ts";
import { nearest } from "../core/nearest.ts";
import type { ServiceDefinition } from "../core/service.ts";
import { apiEndpoint } from "./api-endpoint.ts";
import { batchEndpoint } from "./batch-endpoint.ts";
import { addBuiltIns, BUILT_INS, refuseMethod } from "./built-ins.ts";
import type { Endpoint } from "./call.ts";
import { callerOf, type NodeBindings } from "./caller.ts";
import type { Clock, Timers } from "./clock.ts";
import { errorAnswer, errorResponse, HttpError, isInternal } from "./http-error.ts";
import { createLifecycle, type Lifecycle } from "./lifecycle.ts";
import { type ServerLog, silentLog, withFields } from "./log.ts";
import { createMetrics, type Metrics, type MetricsOptions } from "./metrics/metrics.ts";
import { DEFAULT_MAX_BODY_BYTES, readJson } from "./read-body.ts";
import { createRequestEdge, type RequestEdge } from "./request-edge.ts";
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
  readonly log?: ServerLog;
  /** False for none, and no `/metrics`. @default on */
  readonly metrics?: MetricsOptions | false;
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
  /** @param bindings - Node's own objects of the request, where there are any: much of a `Request` is costly to ask for */
  fetch(request: Request, bindings?: NodeBindings): Promise<Response>;
}

export interface AppEnv {
  /** Undefined where a test asks the app itself. */
  Bindings: NodeBindings;
  Variables: { requestId: string };
}

const DEFAULT_TIMEOUT_MS = 60_000;

/** Makes the app. It holds no port and starts nothing; the runners stay the caller's to close. */
export function createApp(options: AppOptions): App {
  const { definition } = options;
  const hono = new Hono<AppEnv>();
  const lifecycle = createLifecycle(definition.traffic?.maxConcurrency);
  const metrics = metricsOf(options);
  const edge = createRequestEdge({
    ...options,
    metrics,
    headers: options.versionHeaders === false ? {} : versionHeaders(options.runtime),
  });
  for (const [name, endpoint] of Object.entries(definition.apis)) {
    const answer = endpointOf(name, endpoint, options);
    hono.post(`/${name}`, answerCalls(name, answer, { options, edge, lifecycle }));
  }
  // one handler and no middleware for each api: Hono's shortest way
  const others = otherPaths(options, { edge, lifecycle, metrics });
  hono.notFound((c) => others.fetch(c.req.raw, c.env));
  return {
    hono,
    lifecycle,
    fetch: async (request, bindings) => hono.fetch(request, bindings),
  };
}

interface AppParts {
  readonly edge: RequestEdge;
  readonly lifecycle: Lifecycle;
  readonly metrics: Metrics | undefined;
}

/** Everything but calls to apis. */
function otherPaths(options: AppOptions, { edge, lifecycle, metrics }: AppParts): Hono<AppEnv> {
  const { definition, log = silentLog } = options;
  const { version } = options.runtime;
  const hono = new Hono<AppEnv>();
  const apis = Object.keys(definition.apis);
  const known = new Set([...BUILT_INS, ...apis.map((name) => `/${name}`)]);
  hono.use(async (c, next) => {
    const { method, path } = c.req;
    const open = edge.open({
      route: known.has(path) ? path : "unmatched",
      givenId: c.req.header("x-request-id"),
      method,
      path,
    });
    c.set("requestId", open.requestId);
    await next();
    for (const [name, value] of Object.entries(open.close(c.res.status))) {
      c.header(name, value);
    }
  });
  addBuiltIns({ hono, lifecycle, definition, version, log, metrics });
  for (const name of apis) {
    hono.all(`/${name}`, () => refuseMethod("POST"));
  }
  hono.notFound((c) => errorResponse(unknownPath(c.req.path, apis)));
  hono.onError((error, c) => {
    if (isInternal(error)) {
      const fields = { requestId: c.get("requestId"), path: c.req.path, err: error };
      log.error(fields, "request failed");
    }
    return errorResponse(error);
  });
  return hono;
}

function metricsOf({ metrics = {}, runtime }: AppOptions): Metrics | undefined {
  return metrics === false
    ? undefined
    : createMetrics({ ...metrics, serviceName: runtime.name, serviceVersion: runtime.version });
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

interface CallParts {
  readonly options: AppOptions;
  readonly edge: RequestEdge;
  readonly lifecycle: Lifecycle;
}

/** Handles `POST /<api>`. The whole answer is made at once: a header that is set later costs more than all of them. */
function answerCalls(name: string, answer: Endpoint, parts: CallParts) {
  const { edge, lifecycle } = parts;
  const { log = silentLog } = parts.options;
  const route = `/${name}`;
  const call = callEndpoint(answer, parts.options);
  return async (c: Context<AppEnv>): Promise<Response> => {
    const givenId = c.req.raw.headers.get("x-request-id") ?? undefined;
    const open = edge.open({ route, givenId, method: "POST", path: route });
    const { requestId } = open;
    try {
      const value = await lifecycle.admit(() => call(c, requestId));
      const headers = { "content-type": "application/json", ...open.close(200) };
      return new Response(JSON.stringify(value ?? null), { headers });
    } catch (error) {
      if (isInternal(error)) {
        const isError = error instanceof Error;
        const err = isError ? error : new Error("run threw what is no error", { cause: error });
        log.error({ requestId, path: route, err }, "request failed");
      }
      const { status, body, headers } = errorAnswer(error);
      return new Response(body, { status, headers: { ...headers, ...open.close(status) } });
    }
  };
}

function callEndpoint(answer: Endpoint, options: AppOptions) {
  const { definition, log = silentLog, maxBodyBytes: maxBytes = DEFAULT_MAX_BODY_BYTES } = options;
  const timeoutMs = definition.traffic?.timeoutMs ?? DEFAULT_TIMEOUT_MS;
  return (c: Context<AppEnv>, requestId: string): Promise<unknown> => {
    const request = c.req.raw;
    const caller = callerOf(request, c.env);
    return withTimeLimit({ timeoutMs, caller }, async (cancellation) => {
      const body = await readJson(request, { maxBytes, incoming: c.env?.incoming });
      return answer({
        body,
        requestId,
        headers: request.headers,
        cancellation,
        get log() {
          return withFields(log, { requestId });
        },
      });
    });
  };
}

function unknownPath(path: string, apis: readonly string[]): HttpError {
  const near = nearest(path.slice(1), apis);
  const advice = near === undefined ? "" : `; did you mean /${near}?`;
  return new HttpError(404, `nothing is at ${path}${advice}`, { detail: { apis } });
}
