/**
 * A service behind a port: models loaded, hooks run, and an orderly end.
 *
 * @module
 */
import { BentoError } from "../core/bento-error.ts";
import type { Log } from "../core/endpoint.ts";
import { drainTimeoutOf } from "./drain-timeout.ts";
import { type Listener, listen } from "./listen.ts";
import { chosenMetrics } from "./metrics/chosen-metrics.ts";
import { type Environment, type OpenServiceOptions, openService } from "./open-service.ts";

export interface ServeOptions extends Omit<OpenServiceOptions, "isOneAtATime" | "createMetrics"> {
  /** @default $BENTO_HOST, else all addresses of the machine */
  readonly host?: string | undefined;
  /** 0 takes any free port. @default $PORT, else 3000 */
  readonly port?: number | undefined;
  /**
   * Where declared variables, BENTO_DRAIN_SECONDS, BENTO_HOST, BENTO_METRICS, BENTO_PROFILE, BENTO_PROVIDER, LOG_LEVEL and
   * PORT are looked up.
   */
  readonly environment: Environment;
  /** Longest that `close` waits for requests at work, in milliseconds. @default $BENTO_DRAIN_SECONDS, else 9000 */
  readonly drainTimeoutMs?: number;
  /** Takes the lines of metrics, where BENTO_METRICS asks for some. @default stdout */
  readonly writeMetrics?: (line: string) => void;
  /** Milliseconds since 1970, for those lines. @default the process's */
  readonly now?: () => number;
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
 * @throws BentoError BENTO_INVALID_SERVICE without a service, BENTO_INVALID_INPUT when variables are not set or not valid,
 * BENTO_IO when the port cannot be had, and whatever keeps a model from loading
 */
export async function serve(options: ServeOptions): Promise<Server> {
  const { environment } = options;
  const host = options.host ?? (environment["BENTO_HOST"] || undefined);
  const port = options.port ?? readPort(environment);
  const drainTimeoutMs = options.drainTimeoutMs ?? drainTimeoutOf(environment);
  const { writeMetrics: write = writeStdout, now = Date.now } = options;
  const sent = await chosenMetrics(environment, { write, now });
  const { app, log, models, stop } = await openService({
    ...options,
    ...(sent === undefined ? {} : { createMetrics: sent.create }),
  });
  try {
    const listener = await listen({ fetch: app.fetch, refuse: app.refuse, port, host });
    const url = urlOf(listener.port, host);
    log.info({ url, models }, "listening");
    sent?.begin();
    let closing: Promise<void> | undefined;
    const close = async () => {
      log.info({ inFlight: app.lifecycle.inFlight }, "draining");
      await drain(listener, app.lifecycle.drain(), drainTimeoutMs);
      sent?.end();
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

function writeStdout(line: string): void {
  process.stdout.write(line);
}
