/**
 * The smallest HTTP/1.1 client that measures honestly: one keep-alive connection, one request at a time, requests sent as
 * bytes made beforehand. A full client would cost more than the servers under test.
 *
 * @module
 */
import { connect, type Socket } from "node:net";

export interface Reply {
  readonly status: number;
  readonly body: Buffer;
}

export interface Connection {
  /** Sends a whole request. One at a time. */
  send(request: Buffer): Promise<Reply>;
  close(): void;
}

/** The bytes of a POST; `length` of them before the tensors when the body is binary. */
export function postRequest(
  path: string,
  body: Uint8Array,
  headers: Readonly<Record<string, string>>,
): Buffer {
  const lines = Object.entries({
    host: "127.0.0.1",
    "content-length": String(body.byteLength),
    ...headers,
  });
  const head = lines.map(([name, value]) => `${name}: ${value}\r\n`).join("");
  return Buffer.concat([Buffer.from(`POST ${path} HTTP/1.1\r\n${head}\r\n`), body]);
}

export async function openConnection(port: number): Promise<Connection> {
  const socket = connect({ port, host: "127.0.0.1", noDelay: true });
  await new Promise<void>((resolve, reject) => {
    socket.once("connect", resolve);
    socket.once("error", reject);
  });
  return overSocket(socket);
}

function overSocket(socket: Socket): Connection {
  let waiting: PromiseWithResolvers<Reply> | undefined;
  let parts: Buffer[] = [];
  let head: { readonly status: number; readonly end: number; readonly length: number } | undefined;
  const fail = (error?: Error) =>
    waiting?.reject(error ?? new Error("the server closed the connection"));
  socket.on("data", (chunk: Buffer) => {
    parts.push(chunk);
    const whole =
      parts.length === 1 ? chunk : head === undefined ? Buffer.concat(parts) : undefined;
    if (whole !== undefined) {
      parts = [whole];
      head ??= readHead(whole);
    }
    const bytes = parts.reduce((sum, part) => sum + part.length, 0);
    if (head !== undefined && bytes >= head.end + head.length) {
      const body = Buffer.concat(parts).subarray(head.end);
      const reply = { status: head.status, body };
      parts = [];
      head = undefined;
      waiting?.resolve(reply);
    }
  });
  socket.on("error", fail);
  socket.on("close", () => fail());
  return {
    send(request) {
      waiting = Promise.withResolvers<Reply>();
      socket.write(request);
      return waiting.promise;
    },
    close: () => socket.destroy(),
  };
}

/** Undefined until all of it is there. */
function readHead(bytes: Buffer) {
  const end = bytes.indexOf("\r\n\r\n");
  if (end < 0) {
    return undefined;
  }
  const text = bytes.toString("latin1", 0, end);
  const length = /content-length: *(\d+)/i.exec(text)?.[1];
  if (length === undefined) {
    throw new Error(`an answer without content-length:\n${text}`);
  }
  return { status: Number(text.slice(9, 12)), end: end + 4, length: Number(length) };
}
