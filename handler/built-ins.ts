/**
 * The paths that every server has beside its apis: health, documents, a page for people.
 *
 * @module
 */
import type { Env, Hono } from "hono";
import type { Log } from "../core/endpoint.ts";
import type { ServiceDefinition } from "../core/service.ts";
import { errorResponse, HttpError } from "./http-error.ts";
import type { Lifecycle } from "./lifecycle.ts";
import type { Metrics } from "./metrics/metrics.ts";
import { respond, respondJson } from "./port/light-response.ts";

export interface BuiltInsOptions<E extends Env> {
  readonly hono: Hono<E>;
  readonly definition: ServiceDefinition;
  /** Of the bento, for the OpenAPI document. */
  readonly version: string;
  /** What answers `/readyz`. */
  readonly readyz: () => Response | Promise<Response>;
  /** None is no `/metrics`. */
  readonly metrics: Metrics | undefined;
}

/** Their paths, `/metrics` also where it is switched off. */
export const BUILT_INS: readonly string[] = [
  "/",
  "/livez",
  "/healthz",
  "/readyz",
  "/docs.json",
  "/schema.json",
  "/metrics",
];

/** Adds them to the app. The documents are made once, when they are first asked for: not in a cold start. */
export function addBuiltIns<E extends Env>(options: BuiltInsOptions<E>): void {
  const { hono, definition, version, metrics, readyz } = options;
  const documents = once(async () => {
    const { documentsOf } = await import("./on-demand.ts");
    return documentsOf(definition, { version, hasMetrics: metrics !== undefined });
  });
  const answers: Readonly<Record<string, () => Response | Promise<Response>>> = {
    "/": async () =>
      respond(200, (await documents()).page, { "content-type": "text/html; charset=utf-8" }),
    "/livez": () => respondJson({ status: "alive" }),
    "/healthz": readyz,
    "/readyz": readyz,
    "/docs.json": async () => respondJson((await documents()).openapi),
    "/schema.json": async () => respondJson((await documents()).schema),
    ...(metrics === undefined ? {} : { "/metrics": () => answerMetrics(metrics) }),
  };
  for (const [path, answer] of Object.entries(answers)) {
    hono.get(path, answer);
    hono.all(path, () => refuseMethod("GET, HEAD"));
  }
}

function once<Value>(make: () => Value): () => Value {
  let made: { readonly value: Value } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}

/** @throws HttpError 405, always */
export function refuseMethod(allow: string): never {
  throw new HttpError(405, `this path takes ${allow} only`, { headers: { allow } });
}

function answerMetrics(metrics: Metrics): Response {
  const headers = { "content-type": "text/plain; version=0.0.4; charset=utf-8" };
  return respond(200, metrics.write(), headers);
}

export interface ReadinessOptions {
  readonly lifecycle: Lifecycle;
  readonly definition: ServiceDefinition;
  readonly log: Log;
  /** What cannot answer now, in words, e.g. "model iris fails every time". @default nothing */
  readonly broken?: () => readonly string[];
}

/** What answers `/readyz`: 503 while draining, while anything is broken, and while the service says no. */
export function readiness(options: ReadinessOptions): () => Promise<Response> {
  return async () => {
    if (options.lifecycle.state === "draining") {
      return errorResponse(new HttpError(503, "draining"));
    }
    const broken = options.broken?.() ?? [];
    if (broken.length > 0) {
      return errorResponse(new HttpError(503, broken.join("; ")));
    }
    return (await asksReady(options))
      ? respondJson({ status: "ready" })
      : errorResponse(new HttpError(503, "not ready yet"));
  };
}

async function asksReady({ definition, log }: ReadinessOptions): Promise<boolean> {
  try {
    return (await definition.isReady?.()) ?? true;
  } catch (err) {
    log.error({ err }, "isReady failed");
    return false;
  }
}
