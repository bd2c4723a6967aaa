/**
 * A port for an app: listening, and the end of it in which no request is cut off.
 *
 * @module
 */
import { createServer, type Server as HttpServer, type IncomingMessage } from "node:http";
import { BentoError } from "../core/bento-error.ts";
import type { NodeBindings } from "./caller.ts";
import { errorResponse, HttpError } from "./http-error.ts";
import { requestOf } from "./port/light-request.ts";
import { type Refusal, sendRefusal } from "./port/send-refusal.ts";
import { sendResponse } from "./port/send-response.ts";

export interface Listener {
  /** The one that was given by the system when 0 was asked for. */
  readonly port: number;
  /** Takes no new connections from now on. */
  stopAccepting(): void;
  /** Ends all connections: idle ones at once, others as they become idle, all at the deadline. */
  close(deadline: AbortSignal): Promise<void>;
}

export interface ListenOptions {
  /** Is given light requests, and may answer with light responses. */
  readonly fetch: (request: Request, bindings: NodeBindings) => Promise<Response>;
  /** Answers before anything is made of a request; undefined lets it be fetched. @default all are fetched */
  readonly refuse?: (incoming: IncomingMessage) => Refusal | undefined;
  /** 0 takes any free port. */
  readonly port: number;
  /** @default all addresses of the machine */
  readonly host?: string | undefined;
}

/** Longer than load balancers keep idle connections (60 s on AWS, read 2026-01), so that theirs always end first. */
const KEEP_ALIVE_MS = 75_000;

/** How often connections are looked at for having become idle. */
const SWEEP_MS = 20;

/** @throws BentoError BENTO_IO when the port is in use or may not be used */
export async function listen({ fetch, refuse, port, host }: ListenOptions): Promise<Listener> {
  const server = createServer((incoming, outgoing) => {
    const bindings = { incoming, outgoing };
    const refusal = refuse?.(incoming);
    if (refusal !== undefined) {
      sendRefusal(refusal, bindings);
      return;
    }
    const request = requestOf(incoming, outgoing);
    const answer =
      request === undefined
        ? Promise.reject(new HttpError(400, "the request names no valid URL"))
        : fetch(request, bindings);
    answer.then(
      (response) => sendResponse(response, bindings),
      (error) => sendResponse(errorResponse(error), bindings),
    );
  });
  server.keepAliveTimeout = KEEP_ALIVE_MS;
  await new Promise<void>((resolve, reject) => {
    server.once("error", (cause) => reject(portError(cause, port, host)));
    server.listen({ port, ...(host === undefined ? {} : { host }) }, resolve);
  });
  const address = server.address();
  return {
    port: typeof address === "object" && address !== null ? address.port : port,
    stopAccepting: () => void server.close(),
    close: (deadline) => closeConnections(server, deadline),
  };
}

function closeConnections(server: HttpServer, deadline: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const cut = () => server.closeAllConnections();
    const sweep = setInterval(() => server.closeIdleConnections(), SWEEP_MS);
    // fails where the server is closed already, and calls back then too once the connections are gone
    server.close(() => {});
    const whenClosed = () => {
      clearInterval(sweep);
      deadline.removeEventListener("abort", cut);
      resolve();
    };
    server.getConnections((_, count) => {
      if (count === 0) {
        whenClosed();
      } else {
        server.once("close", whenClosed);
      }
    });
    server.closeIdleConnections();
    if (deadline.aborted) {
      cut();
    } else {
      deadline.addEventListener("abort", cut, { once: true });
    }
  });
}

function portError(cause: Error & { code?: string }, port: number, host = "*"): BentoError {
  const where = `${host}:${port}`;
  switch (cause.code) {
    case "EADDRINUSE":
      return new BentoError("BENTO_IO", `port ${port} is in use by another process`, {
        where,
        hint: `find it with: lsof -i :${port}, or take another port with --port or PORT`,
        cause,
      });
    case "EACCES":
      return new BentoError("BENTO_IO", `port ${port} may not be used by this user`, {
        where,
        hint: "take a port from 1024 with --port or PORT",
        cause,
      });
    default:
      return new BentoError("BENTO_IO", `cannot listen: ${cause.message}`, {
        where,
        hint: "check the address given as --host",
        cause,
      });
  }
}
