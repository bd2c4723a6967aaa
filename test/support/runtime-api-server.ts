/**
 * Lambda's Runtime API on loopback, as AWS's emulator has it: an event that finds no idle poll is refused, answers that are
 * too long are errors, streams end with their trailers.
 *
 * @module
 */
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";

/** What became of an event. */
export type Invoked =
  | { readonly kind: "answer"; readonly body: string }
  | {
      readonly kind: "stream";
      readonly body: Buffer;
      readonly trailers: IncomingMessage["trailers"];
    }
  | { readonly kind: "error"; readonly errorType: string | undefined; readonly body: unknown }
  | { readonly kind: "refused" };

export interface RuntimeApiServer extends AsyncDisposable {
  /** For AWS_LAMBDA_RUNTIME_API. */
  readonly host: string;
  readonly idlePolls: number;
  /** Errors at start, as they came. */
  readonly initErrors: unknown[];
  /** Errors after a restore, as they came. */
  readonly restoreErrors: unknown[];
  /** Requests for a restore that wait. */
  readonly restores: number;
  /** @param event - JSON, or a text as it is */
  invoke(event: unknown, options?: InvokeOptions): Promise<Invoked>;
  /** Resolves once as many polls are idle. */
  whenIdle(count: number): Promise<void>;
  /** Resolves once a process waits to be restored. */
  whenWaiting(): Promise<void>;
  restore(): void;
  /** Cuts the connections of all idle polls. */
  dropPolls(): void;
  /** Answers that many of the next answers with 500, or cuts their connections. */
  failAnswers(count: number, how: "status" | "cut"): void;
}

export interface InvokeOptions {
  readonly requestId?: string;
  /** @default in 60 s */
  readonly deadlineAt?: number;
}

const MAX_ANSWER_BYTES = 6_291_556;
const RUNTIME = "/2018-06-01/runtime/";

export async function runtimeApiServer(): Promise<RuntimeApiServer> {
  const polls: ServerResponse[] = [];
  const open = new Map<string, (invoked: Invoked) => void>();
  const initErrors: unknown[] = [];
  const restoreErrors: unknown[] = [];
  const waiting: ServerResponse[] = [];
  const listeners = new Set<() => void>();
  let failures: { left: number; how: "status" | "cut" } = { left: 0, how: "status" };
  let requests = 0;
  const changed = () => {
    for (const hear of listeners) {
      hear();
    }
  };
  const until = async (isSo: () => boolean) => {
    while (!isSo()) {
      await new Promise<void>((resolve) => {
        const hear = () => {
          listeners.delete(hear);
          resolve();
        };
        listeners.add(hear);
      });
    }
  };
  const fails = (incoming: IncomingMessage, outgoing: ServerResponse) => {
    if (failures.left === 0) {
      return false;
    }
    failures.left -= 1;
    if (failures.how === "cut") {
      incoming.socket.destroy();
    } else {
      outgoing.writeHead(500).end("{}");
    }
    return true;
  };
  const keep = (list: ServerResponse[], outgoing: ServerResponse) => {
    list.push(outgoing);
    outgoing.once("close", () => {
      const at = list.indexOf(outgoing);
      if (at >= 0) {
        list.splice(at, 1);
      }
      changed();
    });
    changed();
  };
  const settle = async (incoming: IncomingMessage, outgoing: ServerResponse) => {
    const body = await readAll(incoming);
    const [, id = "", kind] = /invocation\/([^/]+)\/(\w+)$/.exec(incoming.url ?? "") ?? [];
    const done = open.get(id);
    if (fails(incoming, outgoing)) {
      return;
    }
    if (done === undefined) {
      outgoing.writeHead(400).end(JSON.stringify({ errorType: "InvalidRequestID" }));
      return;
    }
    open.delete(id);
    const isTooLong = body.byteLength > MAX_ANSWER_BYTES;
    outgoing.writeHead(isTooLong ? 413 : 202).end("{}");
    done(isTooLong ? TOO_LONG : invokedOf(incoming, { kind, body }));
  };
  const server = createServer((incoming, outgoing) => {
    const path =
      incoming.url?.startsWith(RUNTIME) === true ? incoming.url.slice(RUNTIME.length) : "";
    if (path === "invocation/next") {
      keep(polls, outgoing);
    } else if (path === "restore/next") {
      keep(waiting, outgoing);
    } else if (path === "init/error" || path === "restore/error") {
      void readAll(incoming).then((body) => {
        (path === "init/error" ? initErrors : restoreErrors).push(
          JSON.parse(body.toString("utf8")),
        );
        outgoing.writeHead(202).end("{}");
        changed();
      });
    } else {
      settle(incoming, outgoing).catch(() => outgoing.destroy());
    }
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  return {
    host: `127.0.0.1:${port}`,
    get idlePolls() {
      return polls.length;
    },
    initErrors,
    restoreErrors,
    get restores() {
      return waiting.length;
    },
    invoke(event, options = {}) {
      const outgoing = polls.shift();
      if (outgoing === undefined) {
        return Promise.resolve({ kind: "refused" });
      }
      requests += 1;
      const { requestId = `invocation-${requests}`, deadlineAt = Date.now() + 60_000 } = options;
      const answered = new Promise<Invoked>((resolve) => open.set(requestId, resolve));
      outgoing.writeHead(200, {
        "content-type": "application/json",
        "lambda-runtime-aws-request-id": requestId,
        "lambda-runtime-deadline-ms": String(deadlineAt),
        "lambda-runtime-trace-id": "Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700",
        "lambda-runtime-invoked-function-arn":
          "arn:aws:lambda:eu-west-1:123456789012:function:iris",
      });
      outgoing.end(typeof event === "string" ? event : JSON.stringify(event));
      return answered;
    },
    whenIdle: (count) => until(() => polls.length >= count),
    whenWaiting: () => until(() => waiting.length > 0),
    restore: () => waiting.shift()?.writeHead(200).end("{}"),
    dropPolls() {
      for (const outgoing of polls.splice(0)) {
        outgoing.socket?.destroy();
      }
    },
    failAnswers(count, how) {
      failures = { left: count, how };
    },
    async [Symbol.asyncDispose]() {
      const closed = once(server, "close");
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

const TOO_LONG: Invoked = {
  kind: "error",
  errorType: "Function.ResponseSizeTooLarge",
  body: undefined,
};

function invokedOf(
  incoming: IncomingMessage,
  { kind, body }: { readonly kind: string | undefined; readonly body: Buffer },
): Invoked {
  const { headers, trailers } = incoming;
  const errorType = headers["lambda-runtime-function-error-type"];
  if (kind === "error") {
    return {
      kind,
      errorType: typeof errorType === "string" ? errorType : undefined,
      body: JSON.parse(body.toString("utf8")),
    };
  }
  return headers["lambda-runtime-function-response-mode"] === "streaming"
    ? { kind: "stream", body, trailers }
    : { kind: "answer", body: body.toString("utf8") };
}

async function readAll(incoming: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) {
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
