/**
 * One HTTP call to the Runtime API. It has no time limit of its own: Lambda freezes the process while nothing is to be done.
 *
 * @module
 */
import { once } from "node:events";
import { type Agent, type ClientRequest, type IncomingMessage, request } from "node:http";
import { BentoError } from "../../core/bento-error.ts";

export interface ApiCall {
  readonly agent: Agent;
  /** Host and port. */
  readonly host: string;
  readonly method: "GET" | "POST";
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly signal?: AbortSignal | undefined;
}

export interface ApiAnswer {
  readonly status: number;
  readonly headers: IncomingMessage["headers"];
  readonly body: Buffer;
}

/** @throws BentoError BENTO_UNREACHABLE when there is no whole answer */
export function callApi(call: ApiCall): Promise<ApiAnswer> {
  const { body, signal, headers = {} } = call;
  const outgoing = open({
    ...call,
    headers:
      body === undefined
        ? headers
        : { ...headers, "content-length": String(Buffer.byteLength(body)) },
  });
  const leave = () => outgoing.destroy();
  signal?.addEventListener("abort", leave, { once: true });
  if (signal?.aborted === true) {
    leave();
  }
  outgoing.end(body);
  return answerTo(outgoing, call.host).finally(() => signal?.removeEventListener("abort", leave));
}

const ERROR_TYPE = "Lambda-Runtime-Function-Error-Type";
const ERROR_BODY = "Lambda-Runtime-Function-Error-Body";

/** Sends pieces of an HTTP answer, the first of which is its head. What they fail with follows as trailers. */
export async function sendInPieces(
  call: Pick<ApiCall, "agent" | "host" | "path">,
  pieces: AsyncIterable<Uint8Array>,
): Promise<ApiAnswer> {
  const outgoing = open({
    ...call,
    method: "POST",
    headers: {
      "content-type": "application/vnd.awslambda.http-integration-response",
      "lambda-runtime-function-response-mode": "streaming",
      "transfer-encoding": "chunked",
      trailer: `${ERROR_TYPE}, ${ERROR_BODY}`,
    },
  });
  const answering = answerTo(outgoing, call.host);
  answering.catch(() => {}); // told below, once the pieces are out
  try {
    for await (const piece of pieces) {
      if (!outgoing.write(piece) && !outgoing.destroyed) {
        await Promise.race([once(outgoing, "drain"), answering]).catch(() => {});
      }
      if (outgoing.destroyed) {
        break;
      }
    }
  } catch (error) {
    const errorMessage = error instanceof Error ? error.message : "the answer broke off";
    const failure = { errorType: "Function.StreamError", errorMessage, stackTrace: [] };
    outgoing.addTrailers({
      [ERROR_TYPE]: failure.errorType,
      [ERROR_BODY]: Buffer.from(JSON.stringify(failure)).toString("base64"),
    });
  }
  outgoing.end();
  return answering;
}

function open({
  agent,
  host,
  method,
  path,
  headers,
}: Pick<ApiCall, "agent" | "host" | "method" | "path" | "headers">): ClientRequest {
  const { hostname, port } = new URL(`http://${host}`);
  return request({
    agent,
    method,
    path,
    host: hostname.replace(/^\[|\]$/g, ""),
    port: port === "" ? 80 : Number(port),
    headers: { ...headers },
  });
}

function answerTo(outgoing: ClientRequest, host: string): Promise<ApiAnswer> {
  return new Promise((resolve, reject) => {
    const fail = (cause?: Error) => {
      const why = cause?.message ?? "the connection was closed";
      reject(
        new BentoError("BENTO_UNREACHABLE", `the Runtime API does not answer: ${why}`, {
          where: host,
          hint: "Lambda starts the function anew; elsewhere, unset AWS_LAMBDA_RUNTIME_API",
          cause,
        }),
      );
    };
    outgoing.once("error", fail);
    outgoing.once("close", () => fail()); // does nothing where there was an answer
    outgoing.once("response", (incoming) => {
      const chunks: Buffer[] = [];
      incoming.on("data", (chunk: Buffer) => void chunks.push(chunk));
      incoming.once("error", fail);
      incoming.once("end", () => {
        const { statusCode: status = 0, headers } = incoming;
        resolve({ status, headers, body: Buffer.concat(chunks) });
      });
    });
  });
}
