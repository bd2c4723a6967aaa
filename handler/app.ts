/**
 * The HTTP face of a service, without a port: every path, every status. Each answer, errors included, carries its request
 * id and the versions that gave it.
 *
 * @module
 */
import type { IncomingMessage } from "node:http";
import { Hono } from "hono/tiny";
import type { EndpointDefinition } from "../core/endpoint.ts";
import { nearest } from "../core/nearest.ts";
import type { ServiceDefinition } from "../core/service.ts";
import { type AnswerCalls, type AppEnv, answerCalls } from "./answer-calls.ts";
import { apiEndpoint } from "./api-endpoint.ts";
import { asSent } from "./as-sent.ts";
import { batchEndpoint } from "./batch-endpoint.ts";
import { type Batchers, createBatchers } from "./batchers.ts";
import { addBuiltIns, BUILT_INS, readiness, refuseMethod } from "./built-ins.ts";
import type { Endpoint } from "./call.ts";
import type { NodeBindings } from "./caller.ts";
import { type Clock, systemClock, type Timers } from "./clock.ts";
import { createEarlyRefusals } from "./early-refusals.ts";
import { type Gate, whileReading } from "./gate.ts";
import { errorResponse, HttpError, isInternal } from "./http-error.ts";
import { addInference, addInferenceDocuments } from "./inference/add-inference.ts";
import { createLifecycle, type Lifecycle } from "./lifecycle.ts";
import { type ServerLog, silentLog, withFields } from "./log.ts";
import { LoopDelay } from "./loop-delay.ts";
import {
  type CreateMetricsOptions,
  createMetrics,
  type Metrics,
  type MetricsOptions,
} from "./metrics/metrics.ts";
import { ModelGate } from "./model-gate.ts";
import { finished, withHeaders } from "./port/light-response.ts";
import type { Refusal } from "./port/send-refusal.ts";
import { staticRouter } from "./port/static-router.ts";
import { DEFAULT_MAX_BODY_BYTES, parseJson, readText } from "./read-body.ts";
import { createRequestEdge, type RequestEdge } from "./request-edge.ts";
import type { LoadedRunner } from "./runner/runner.ts";

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
  /** What counts. @default for Prometheus */
  readonly createMetrics?: (options: CreateMetricsOptions) => Metrics;
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
  /** The answer for a caller who is turned away before its request is read; undefined for one to be fetched. */
  refuse(incoming: IncomingMessage): Refusal | undefined;
}

const DEFAULT_TIMEOUT_MS = 60_000;

/** Makes the app. It holds no port and starts nothing; the runners stay the caller's to close. */
export function createApp(options: AppOptions): App {
  const { definition } = options;
  const hono = new Hono<AppEnv>({ router: staticRouter() });
  const lifecycle = createLifecycle(definition.traffic?.maxConcurrency);
  const metrics = metricsOf(options);
  const edge = createRequestEdge({
    ...options,
    metrics,
    headers: options.versionHeaders === false ? {} : versionHeaders(options.runtime),
  });
  const { timeoutMs = DEFAULT_TIMEOUT_MS } = definition.traffic ?? {};
  const delay = new LoopDelay(options);
  const refusals = createEarlyRefusals({ edge, lifecycle, delay });
  const answering = answerCalls({ ...options, edge, lifecycle, delay, timeoutMs });
  const batchers = createBatchers(metrics);
  const gates = new Map<string, ModelGate>();
  for (const [key, runner] of Object.entries(options.runners)) {
    batchers.add(key, runner, { subject: `model ${key}`, settings: definition.models[key]?.batch });
  }
  for (const [name, endpoint] of Object.entries(definition.apis)) {
    const { answer, gate } = endpointOf(name, endpoint, { options, batchers, gates });
    refusals.add(`/${name}`, gate);
    hono.post(`/${name}`, answering(`/${name}`, jsonCalls(answer, gate, options)));
  }
  addInference(hono, answering, {
    definition,
    gates,
    refusals,
    clock: options.clock ?? systemClock,
    version: options.runtime.version,
    maxBytes: options.maxBodyBytes ?? DEFAULT_MAX_BODY_BYTES,
    log: options.log ?? silentLog,
  });
  // one handler and no middleware for each api: Hono's shortest way
  let others: Hono<AppEnv> | undefined; // made when first asked for: not in a cold start
  hono.notFound(async (c) => {
    others ??= otherPaths(options, { edge, lifecycle, metrics, batchers });
    return finished(await others.fetch(c.req.raw, c.env), c.env);
  });
  return {
    hono,
    lifecycle,
    fetch: async (request, bindings) => hono.fetch(request, bindings),
    refuse: (incoming) => refusals.refuse(incoming),
  };
}

interface AppParts {
  readonly edge: RequestEdge;
  readonly lifecycle: Lifecycle;
  readonly metrics: Metrics | undefined;
  readonly batchers: Batchers;
}

/** Everything but calls to apis. */
function otherPaths(
  options: AppOptions,
  { edge, lifecycle, metrics, batchers }: AppParts,
): Hono<AppEnv> {
  const { definition, log = silentLog } = options;
  const { version } = options.runtime;
  const hono = new Hono<AppEnv>();
  const apis = Object.keys(definition.apis);
  const known = new Set([...BUILT_INS, ...apis.map((name) => `/${name}`)]);
  const readyz = readiness({ lifecycle, definition, log, broken: batchers.broken });
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
    const answer = c.res;
    c.res = undefined; // one that is there already would be made anew, with its headers
    c.res = withHeaders(answer, open.close(answer.status));
  });
  addBuiltIns({ hono, definition, version, metrics, readyz });
  for (const path of addInferenceDocuments(hono, { definition, version, readyz })) {
    known.add(path);
  }
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

function metricsOf({ metrics = {}, runtime, ...options }: AppOptions): Metrics | undefined {
  const create = options.createMetrics ?? createMetrics;
  return metrics === false
    ? undefined
    : create({ ...metrics, serviceName: runtime.name, serviceVersion: runtime.version });
}

function versionHeaders({ name, version, models }: RuntimeInfo): Record<string, string> {
  const listed = Object.entries(models).map(([key, { tag }]) => `${key}=${tag}`);
  return {
    "x-bento": `${name}:${version}`,
    ...(listed.length === 0 ? {} : { "x-bento-models": listed.join(", ") }),
  };
}

interface EndpointParts {
  readonly options: AppOptions;
  readonly batchers: Batchers;
  /** Are added to. */
  readonly gates: Map<string, ModelGate>;
}

function endpointOf(
  name: string,
  definition: EndpointDefinition,
  { options, batchers, gates }: EndpointParts,
): { readonly answer: Endpoint; readonly gate: Gate } {
  const { runners, clock = systemClock, timers, log = silentLog } = options;
  if (definition.kind === "api") {
    const gate = new ModelGate(runners);
    gates.set(name, gate);
    return { answer: apiEndpoint({ name, definition, gate, clock }), gate };
  }
  const models = Object.fromEntries(
    Object.entries(runners).map(([key, runner]) => [key, { run: runner.runAlone }]),
  );
  const { answer, batcher } = batchEndpoint({
    name,
    definition,
    models,
    clock,
    timers,
    log: withFields(log, { api: name }),
  });
  batchers.add(name, batcher, { subject: `apis.${name}`, settings: definition });
  return { answer, gate: batcher.gate };
}

function jsonCalls(answer: Endpoint, gate: Gate, options: AppOptions): Parameters<AnswerCalls>[1] {
  const { log = silentLog, maxBodyBytes: maxBytes = DEFAULT_MAX_BODY_BYTES } = options;
  const headers = { "content-type": "application/json" };
  return async ({ request, bindings, requestId, arrivedAt, timeLeftMs, cancellation }) => {
    const text = await whileReading(gate, () => readText(request, { maxBytes, bindings }));
    try {
      const value = await answer({
        body: parseJson(text),
        requestId,
        arrivedAt,
        timeLeftMs,
        headers: request.headers,
        cancellation,
        get log() {
          return withFields(log, { requestId });
        },
      });
      return { body: JSON.stringify(value ?? null), headers };
    } catch (error) {
      throw asSent(error, text);
    }
  };
}

function unknownPath(path: string, apis: readonly string[]): HttpError {
  const near = nearest(path.slice(1), apis);
  const advice = near === undefined ? "" : `; did you mean /${near}?`;
  return new HttpError(404, `nothing is at ${path}${advice}`, { detail: { apis } });
}
