/**
 * A loopback proxy between a client and a server of HTTP that spoils answers on demand: each request asks the test what
 * is to happen to it.
 *
 * @module
 */
import { createServer, type IncomingMessage, request, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** What happens to a request. */
export type Fault =
  /** It is passed on. */
  | "none"
  /** The connection ends before the server has seen it. */
  | "refuse"
  /** The server does its work, and its answer is lost. */
  | "lose-answer"
  /** The answer ends after so many bytes of its body. */
  | { readonly cutAfter: number }
  /** The request is taken and never answered. */
  | "hang"
  /** The server's answer, under other headers. */
  | { readonly headers: Readonly<Record<string, string>> }
  /** The answer stops after so many bytes of its body, and its connection stays. */
  | { readonly stallAfter: number }
  /** The byte at this place of the answer's body is another one. */
  | { readonly flipAt: number }
  /** Answered in the server's place. */
  | {
      readonly status: number;
      readonly body?: string;
      readonly headers?: Readonly<Record<string, string>>;
    };

export interface FaultProxy extends AsyncDisposable {
  /** `http://127.0.0.1:PORT` */
  readonly endpoint: string;
  /** `METHOD /path?query` of each request, in order. */
  readonly requests: string[];
  /** Bytes of request bodies that were passed on. */
  sentBytes: number;
  /** Asked for each request. */
  fault: (request: IncomingMessage) => Fault;
}

/** Starts a proxy before `target`; the `Host` header passes unchanged, so signatures stay good. */
export async function startFaultProxy(target: string): Promise<FaultProxy> {
  const server = createServer((incoming, response) => {
    proxy.requests.push(`${incoming.method} ${incoming.url}`);
    answer(proxy, target, incoming, response);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const proxy: FaultProxy = {
    endpoint: `http://127.0.0.1:${port}`,
    requests: [],
    sentBytes: 0,
    fault: () => "none",
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return proxy;
}

function answer(
  proxy: FaultProxy,
  target: string,
  incoming: IncomingMessage,
  response: ServerResponse,
): void {
  const fault = proxy.fault(incoming);
  if (fault === "refuse") {
    incoming.socket.destroy();
    return;
  }
  if (typeof fault === "object" && "status" in fault) {
    incoming.resume();
    incoming.on("end", () => response.writeHead(fault.status, fault.headers).end(fault.body));
    return;
  }
  if (fault === "hang") {
    incoming.resume();
    return;
  }
  const { method, headers } = incoming;
  const passed = request(new URL(incoming.url ?? "/", target), { method, headers }, (reply) => {
    if (fault === "lose-answer") {
      reply.resume();
      reply.on("end", () => incoming.socket.destroy());
      return;
    }
    const other = typeof fault === "object" && "headers" in fault ? fault.headers : {};
    response.writeHead(reply.statusCode ?? 502, { ...reply.headers, ...other });
    if (typeof fault === "object" && "cutAfter" in fault) {
      passCut(reply, response, fault.cutAfter);
    } else if (typeof fault === "object" && "stallAfter" in fault) {
      passStalled(reply, response, fault.stallAfter);
    } else if (typeof fault === "object" && "flipAt" in fault) {
      passFlipped(reply, response, fault.flipAt);
    } else {
      reply.pipe(response);
    }
  });
  passed.on("error", () => incoming.socket.destroy());
  incoming.on("data", (piece: Buffer) => {
    proxy.sentBytes += piece.length;
  });
  incoming.pipe(passed);
}

function passCut(reply: IncomingMessage, response: ServerResponse, bytes: number): void {
  let left = bytes;
  reply.on("data", (piece: Buffer) => {
    response.write(piece.subarray(0, left));
    left -= piece.length;
    if (left <= 0) {
      response.end(() => response.socket?.destroy());
      reply.destroy();
    }
  });
  reply.on("end", () => response.end());
}

function passStalled(reply: IncomingMessage, response: ServerResponse, bytes: number): void {
  let left = bytes;
  reply.on("data", (piece: Buffer) => {
    if (left > 0) {
      response.write(piece.subarray(0, left));
    }
    left -= piece.length;
  });
}

function passFlipped(reply: IncomingMessage, response: ServerResponse, flipAt: number): void {
  let from = 0;
  reply.on("data", (piece: Buffer) => {
    const at = flipAt - from;
    if (at >= 0 && at < piece.length) {
      piece.writeUInt8(piece.readUInt8(at) ^ 1, at);
    }
    from += piece.length;
    response.write(piece);
  });
  reply.on("end", () => response.end());
}
