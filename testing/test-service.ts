/**
 * A service under test, in this process and without a port.
 *
 * @module
 */
import { type Client, createClient } from "../client/create-client.ts";
import type { Service } from "../core/service.ts";
import { type HostOptions, hostDefinition } from "./host-definition.ts";

export interface TestServiceOptions extends HostOptions {}

export interface TestedService<S extends Service> extends AsyncDisposable {
  /** Calls the apis, typed. */
  readonly client: Client<S>;
  /** @param request - whole, or a path as `/classify` with what fetch takes beside a URL */
  fetch(request: Request | string, init?: RequestInit): Promise<Response>;
  /** Runs `onStop` and ends the models' threads. */
  close(): Promise<void>;
}

const ORIGIN = "http://localhost/";

/**
 * Starts a service with models of the test's choice. Hold it with `await using`.
 *
 * @throws BentoError BENTO_NOT_FOUND for a model that the store does not have, BENTO_INVALID_INPUT for a model that the
 * service does not have
 */
export async function testService<S extends Service>(
  service: S,
  options: TestServiceOptions = {},
): Promise<TestedService<S>> {
  const { app, close } = await hostDefinition(service.definition, options);
  return {
    client: createClient<S>(ORIGIN, { fetch: app.fetch }),
    fetch: async (request, init) =>
      app.fetch(
        typeof request === "string" ? new Request(new URL(request, ORIGIN), init) : request,
      ),
    close,
    [Symbol.asyncDispose]: close,
  };
}
