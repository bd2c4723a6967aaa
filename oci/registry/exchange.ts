/**
 * One HTTP request and its answer, over Node's own client: connections are kept, bodies stream with their length said
 * beforehand, and every wait ends. What was answered is for the caller to judge.
 *
 * @module
 */
import { once } from "node:events";
import {
  type ClientRequest,
  Agent as HttpAgent,
  request as httpRequest,
  type IncomingHttpHeaders,
  type IncomingMessage,
} from "node:http";
import { Agent as HttpsAgent, request as httpsRequest } from "node:https";
import { pipeline } from "node:stream/promises";
import type { ByteStream } from "../chunks.ts";
import { isLoopback } from "./hop.ts";
import { watchdog } from "./watchdog.ts";

/** A body that can be sent more than once: each call of `open` starts at its first byte. */
export interface OutgoingBody {
  /** Length in bytes; undefined sends it in chunks. */
  readonly size: number | undefined;
  open(): ByteStream;
}

export interface Outgoing {
  readonly method: "GET" | "HEAD" | "POST" | "PUT" | "PATCH" | "DELETE";
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: OutgoingBody | undefined;
  /** Longest wait for the next sign of life, in milliseconds. */
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
}

export interface Answer {
  readonly status: number;
  /** By lower-case name. */
  readonly headers: Readonly<IncomingHttpHeaders>;
  /** Read it, or discard it. */
  readonly body: ByteStream;
  /** Drops the body; a request that is still being sent is given up. */
  discard(): void;
}

/** Sends one request. Fails as Node does when there is no answer. */
export type Exchange = (request: Outgoing) => Promise<Answer>;

/** Variables that name a proxy: `HTTPS_PROXY`, `HTTP_PROXY`, `NO_PROXY`, in either case. */
export type ProxyEnvironment = Readonly<Record<string, string | undefined>>;

/** @param proxies - this machine itself is always reached directly; Node heeds them from 22.21 and 24.5 on */
export function createExchange(proxies: ProxyEnvironment = {}): Exchange {
  const proxyEnv = { ...proxies };
  const near = { keepAlive: true, noDelay: true };
  const agents = {
    loopback: new HttpAgent(near),
    "http:": new HttpAgent({ ...near, proxyEnv }),
    "https:": new HttpsAgent({ ...near, proxyEnv }),
  };
  return async ({ method, url, headers, body, timeoutMs, signal }) => {
    signal?.throwIfAborted();
    const isSecure = url.protocol === "https:";
    const length = body?.size === undefined ? {} : { "content-length": String(body.size) };
    const options = {
      method,
      headers: { ...headers, ...length },
      ...(signal === undefined ? {} : { signal }),
    };
    const agent = isSecure
      ? agents["https:"]
      : agents[isLoopback(url.hostname) ? "loopback" : "http:"];
    const request = isSecure
      ? httpsRequest(url, { ...options, agent })
      : httpRequest(url, { ...options, agent });
    return await perform(request, body, timeoutMs);
  };
}

async function perform(
  request: ClientRequest,
  body: OutgoingBody | undefined,
  timeoutMs: number,
): Promise<Answer> {
  const late = watchdog(timeoutMs, (error) => request.destroy(error));
  request.on("error", () => {}); // once() below hears of it; later ones come through the body
  const answered = once(request, "response");
  const sent = sendBody(request, body, late.alive);
  try {
    // an answer may come before the body is sent; a body that fails ends the request
    const [response]: IncomingMessage[] = await Promise.race([answered, sent.then(() => answered)]);
    if (response === undefined) {
      throw new Error("no answer");
    }
    return answerOf(request, response, timeoutMs);
  } catch (error) {
    request.destroy();
    throw error;
  } finally {
    late.stop();
    answered.catch(() => {});
    sent.catch(() => {});
  }
}

async function sendBody(
  request: ClientRequest,
  body: OutgoingBody | undefined,
  onChunk: () => void,
): Promise<void> {
  if (body === undefined) {
    request.end();
    return;
  }
  async function* watched(source: ByteStream): AsyncGenerator<Uint8Array> {
    for await (const chunk of source) {
      onChunk();
      yield chunk;
    }
    onChunk();
  }
  await pipeline(watched(body.open()), request);
}

function answerOf(request: ClientRequest, response: IncomingMessage, timeoutMs: number): Answer {
  async function* body(): AsyncGenerator<Uint8Array> {
    const late = watchdog(timeoutMs, (error) => response.destroy(error));
    try {
      for await (const chunk of response) {
        late.pause(); // a slow reader is not a silent server
        yield chunk;
        late.alive();
      }
    } finally {
      late.stop();
    }
  }
  return {
    status: response.statusCode ?? 0,
    headers: response.headers,
    body: body(),
    discard() {
      response.on("error", () => {});
      if (request.writableFinished) {
        response.resume();
      } else {
        request.destroy();
      }
    },
  };
}
