/**
 * A service behind a port: models loaded, hooks run, and an orderly end.
 *
 * @module
 */
import { BentoError } from "../core/bento-error.ts";
import type { Log } from "../core/endpoint.ts";
import { type Listener, listen } from "./listen.ts";
import { type Environment, type OpenServiceOptions, openService } from "./open-service.ts";

export interface ServeOptions extends Omit<OpenServiceOptions, "isOneAtATime" | "createMetrics"> {
  /** @default $BENTO_HOST, else all addresses of the machine */
  readonly host?: string | undefined;
  /** 0 takes any free port. @default $PORT, else 3000 */
  readonly port?: number | undefined;
  /** Where declared variables, BENTO_HOST, BENTO_PROFILE, BENTO_PROVIDER, LOG_LEVEL and PORT are looked up. */
  readonly environment: Environment;
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
  const port = options.port ?? readPort(environment);
  const { app, log, models, stop } = await openService(options);
  try {
    const listener = await listen({ fetch: app.fetch, refuse: app.refuse, port, host });
    const url = urlOf(listener.port, host);
    log.info({ url, models }, "listening");
    let closing: Promise<void> | undefined;
    const close = async () => {
      log.info({ inFlight: app.lifecycle.inFlight }, "draining");
      await drain(listener, app.lifecycle.drain(), options.drainTimeoutMs ?? 9000);
      await stop();
      log.info({}, "stopped");
    };
    return { url, port: listener.port, log, close: () => (closing ??= close()) };
  } catch (error) {
    await stop().catch((err: unknown) => log.error({ err }, "stopping failed"));
    throw error;
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

/** Where this machine reaches the server: addresses that mean all of them cannot be dialled everywhere. */
function urlOf(port: number, host = "0.0.0.0"): string {
  const dialled = host === "0.0.0.0" ? "127.0.0.1" : host === "::" ? "::1" : host;
  return `http://${dialled.includes(":") ? `[${dialled}]` : dialled}:${port}`;
}
