/**
 * Where `service.fetch` finds someone who loads models and answers. Core itself imports none of it: whoever hosts
 * services in this process says so here, and failing that the package's own `bentokit/testing` is asked.
 *
 * @module
 */
import { BentoError } from "./bento-error.ts";
import type { ServiceDefinition } from "./service.ts";

export type Fetch = (request: Request) => Promise<Response>;
export type ServiceHost = (definition: ServiceDefinition) => Promise<Fetch>;

let current: ServiceHost | undefined;
const hosted = new WeakMap<ServiceDefinition, Promise<Fetch>>();

/** Sets who answers for services in this process, from now on. */
export function setServiceHost(host: ServiceHost): void {
  current = host;
}

/** The service's request handler; started at the first call. A start that failed is tried again at the next. */
export function hostService(definition: ServiceDefinition): Promise<Fetch> {
  const known = hosted.get(definition);
  if (known !== undefined) {
    return known;
  }
  const starting = start(definition);
  starting.catch(() => hosted.delete(definition));
  hosted.set(definition, starting);
  return starting;
}

async function start(definition: ServiceDefinition): Promise<Fetch> {
  if (current === undefined) {
    // a variable, so that no bundler takes the whole test kit into an image
    const kit = "bentokit/testing";
    await import(kit);
  }
  if (current === undefined) {
    throw new BentoError("BENTO_UNSUPPORTED", "nothing in this process answers for services", {
      where: "service.fetch",
      hint: "import bentokit/testing first, or send requests to the running server",
    });
  }
  return current(definition);
}
