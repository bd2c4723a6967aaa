/**
 * The paths that every server has beside its apis: health, documents, a page for people.
 *
 * @module
 */
import type { Env, Hono } from "hono";
import type { Log } from "../core/endpoint.ts";
import { openapiDocument } from "../core/openapi.ts";
import { schemaJson } from "../core/schema-json.ts";
import type { ServiceDefinition } from "../core/service.ts";
import { errorResponse, HttpError } from "./http-error.ts";
import { indexPage } from "./index-page.ts";
import type { Lifecycle } from "./lifecycle.ts";
import type { Metrics } from "./metrics/metrics.ts";

export interface BuiltInsOptions<E extends Env> {
  readonly hono: Hono<E>;
  readonly definition: ServiceDefinition;
  readonly lifecycle: Lifecycle;
  /** Of the bento, for the OpenAPI document. */
  readonly version: string;
  readonly log: Log;
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

/** Adds them to the app. The documents are made once. */
export function addBuiltIns<E extends Env>(options: BuiltInsOptions<E>): void {
  const { hono, definition, version, metrics } = options;
  const openapi = openapiDocument(definition, { version });
  const schema = schemaJson(definition);
  const page = indexPage(definition, openapi);
  const readyz = () => answerReady(options);
  const answers: Readonly<Record<string, () => Response | Promise<Response>>> = {
    "/": () => new Response(page, { headers: { "content-type": "text/html; charset=utf-8" } }),
    "/livez": () => Response.json({ status: "alive" }),
    "/healthz": readyz,
    "/readyz": readyz,
    "/docs.json": () => Response.json(openapi),
    "/schema.json": () => Response.json(schema),
    ...(metrics === undefined ? {} : { "/metrics": () => answerMetrics(metrics) }),
  };
  for (const [path, answer] of Object.entries(answers)) {
    hono.get(path, answer);
    hono.all(path, () => refuseMethod("GET, HEAD"));
  }
}

/** @throws HttpError 405, always */
export function refuseMethod(allow: string): never {
  throw new HttpError(405, `this path takes ${allow} only`, { headers: { allow } });
}

function answerMetrics(metrics: Metrics): Response {
  const headers = { "content-type": "text/plain; version=0.0.4; charset=utf-8" };
  return new Response(metrics.write(), { headers });
}

async function answerReady<E extends Env>(options: BuiltInsOptions<E>): Promise<Response> {
  if (options.lifecycle.state === "draining") {
    return errorResponse(new HttpError(503, "draining"));
  }
  return (await asksReady(options))
    ? Response.json({ status: "ready" })
    : errorResponse(new HttpError(503, "not ready yet"));
}

async function asksReady<E extends Env>({ definition, log }: BuiltInsOptions<E>): Promise<boolean> {
  try {
    return (await definition.isReady?.()) ?? true;
  } catch (err) {
    log.error({ err }, "isReady failed");
    return false;
  }
}
