/**
 * What a user writes in service.ts. Making a service does no work: models are resolved and loaded by whoever hosts it.
 *
 * @module
 */

import type { Definers, Endpoint, EndpointDefinition, Log } from "./endpoint.ts";
import type { Models } from "./model-ref.ts";
import type { Resources, Traffic } from "./resources.ts";
import { checkService } from "./service-check.ts";
import { hostService } from "./service-host.ts";

export type Endpoints = Readonly<Record<string, Endpoint>>;

export interface ServiceOptions<M extends Models> {
  /** Name of the bento that is built: 1–63 of `a-z 0-9 . _ -`. */
  readonly name: string;
  readonly description?: string;
  /** The models that `run` finds in its context, under the same keys. @default none */
  readonly models?: M;
  /** What one instance needs; platforms are sized by it. */
  readonly resources?: Resources;
  readonly traffic?: Traffic;
  /** Variables that must be set where it runs; never needed to build. */
  readonly env?: readonly string[];
  /** Runs once, after the models are loaded and before the first request. */
  onStart?(this: void, context: { readonly log: Log }): void | Promise<void>;
  /** Where the platform starts instances from a snapshot: runs before it is taken; connections do not outlive it. */
  onSnapshot?(this: void): void | Promise<void>;
  /** Runs in each instance that is started from the snapshot, before its first request: renew what was read at start. */
  onRestore?(this: void): void | Promise<void>;
  /** Runs once, after the last request. */
  onStop?(this: void): void | Promise<void>;
  /** Asked by `/readyz` beside the models' own state. @default always ready */
  isReady?(this: void): boolean | Promise<boolean>;
}

/** A service without its types, as the handler reads it. */
export interface ServiceDefinition extends ServiceOptions<Models> {
  readonly models: Models;
  readonly apis: Readonly<Record<string, EndpointDefinition>>;
}

export interface Service<E extends Endpoints = Endpoints> {
  readonly kind: "service";
  readonly name: string;
  readonly definition: ServiceDefinition;
  /** Never set: carries the apis' types for clients. */
  readonly "~endpoints"?: E;
  /**
   * Answers a request in this process, without a port: for tests. Models come from the store that `BENTO_STORE` names.
   * The first call loads them.
   */
  fetch(request: Request): Promise<Response>;
}

/**
 * Defines a service.
 *
 * `apis` is a function of the definers, because only so does TypeScript know `models` before it reads each `run`.
 *
 * @throws BentoError BENTO_INVALID_SERVICE with every problem of the definition
 */
export function service<const M extends Models, E extends Endpoints>(
  options: ServiceOptions<M> & { apis(this: void, define: Definers<NoInfer<M>>): E },
): Service<E> {
  const definition = checkService(options, definers);
  return {
    kind: "service",
    name: definition.name,
    definition,
    fetch: async (request) => (await hostService(definition))(request),
  };
}

/** True for a service from any copy of this module. */
export function isService(value: unknown): value is Service {
  return (
    typeof value === "object" &&
    value !== null &&
    "kind" in value &&
    value.kind === "service" &&
    "definition" in value
  );
}

// the definers only mark and complete what they are given; checkService looks at all of it together
const definers = {
  api: (options: object) => ({ ...options, kind: "api" }),
  batch: (options: object) => ({ per: "request", ...options, kind: "batch" }),
};
