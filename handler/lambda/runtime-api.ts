/**
 * A client of Lambda's Runtime API: whoever runs a function asks here for its invocations and leaves its answers. Any
 * number of questions may be open at once on one event loop, and a question for the next invocation waits for as long as
 * it takes.
 * https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html, read 2026-11
 *
 * @module
 */
import { Agent, type IncomingMessage } from "node:http";
import { BentoError } from "../../core/bento-error.ts";
import { type ApiAnswer, callApi, sendInPieces } from "./api-call.ts";
import { type Retries, withRetries } from "./with-retries.ts";

/** One event on its way to its answer. */
export interface Invocation {
  readonly requestId: string;
  /** When Lambda gives up, in milliseconds since 1970. */
  readonly deadlineAt: number;
  /** Of X-Ray. */
  readonly traceId: string | undefined;
  /** JSON. */
  readonly event: Buffer;
}

/** What Lambda is told of a failure, and passes on to a direct caller. */
export interface FunctionError {
  /** `Runtime.UnmarshalError`: what failed, and how. */
  readonly errorType: string;
  readonly errorMessage: string;
  readonly [field: string]: unknown;
}

export interface RuntimeApi {
  /** @returns undefined once the signal is aborted */
  next(signal: AbortSignal): Promise<Invocation | undefined>;
  respond(requestId: string, body: string): Promise<void>;
  /** Sends an HTTP answer as its pieces come; what fails in mid-stream is told behind them. */
  respondInPieces(requestId: string, pieces: AsyncIterable<Uint8Array>): Promise<void>;
  fail(requestId: string, error: FunctionError): Promise<void>;
  /** Tells why the function cannot start. */
  failInit(error: FunctionError): Promise<void>;
  /** Lets a snapshot be taken of this process, and resolves where one is brought back. */
  waitForRestore(): Promise<void>;
  /** Tells why a process that was brought back cannot go on. */
  failRestore(error: FunctionError): Promise<void>;
  /** Ends all connections. */
  close(): void;
}

export interface RuntimeApiOptions {
  /** `$AWS_LAMBDA_RUNTIME_API`: host and port. */
  readonly host: string;
  /** For the next invocation. @default 5 tries from 100 ms on */
  readonly nextRetries?: Retries;
  /** For answers. @default 5 tries from 20 ms on */
  readonly answerRetries?: Retries;
}

const NEXT_RETRIES: Retries = { tries: 5, firstMs: 100, mostMs: 90_000 };
const ANSWER_RETRIES: Retries = { tries: 5, firstMs: 20, mostMs: 1000 };

const RUNTIME = "/2018-06-01/runtime";

/** @throws BentoError from all its calls: BENTO_UNREACHABLE when the API does not answer, BENTO_REFUSED when it says no */
export function createRuntimeApi(options: RuntimeApiOptions): RuntimeApi {
  const { host, nextRetries = NEXT_RETRIES, answerRetries = ANSWER_RETRIES } = options;
  const agent = new Agent({ keepAlive: true });
  const ask = (path: string, signal?: AbortSignal) =>
    callApi({ agent, host, method: "GET", path: `${RUNTIME}/${path}`, signal });
  const tell = async (path: string, error: FunctionError) => {
    const headers = { "lambda-runtime-function-error-type": error.errorType };
    const body = JSON.stringify({ stackTrace: [], ...error });
    await post(path, body, headers);
  };
  const post = async (path: string, body: string, headers: Record<string, string> = {}) => {
    const call = { agent, host, method: "POST", path: `${RUNTIME}/${path}` } as const;
    const type = { "content-type": "application/json", ...headers };
    const answer = await withRetries(answerRetries, () =>
      checked(callApi({ ...call, body, headers: type })),
    );
    accept(answer, path);
  };
  return {
    async next(signal) {
      const answer = await withRetries(nextRetries, () => checked(ask("invocation/next", signal)), {
        signal,
      });
      if (answer !== undefined) {
        accept(answer, "invocation/next");
      }
      return answer === undefined ? undefined : invocationOf(answer);
    },
    respond: (requestId, body) => post(`invocation/${requestId}/response`, body),
    async respondInPieces(requestId, pieces) {
      const path = `invocation/${requestId}/response`;
      accept(await sendInPieces({ agent, host, path: `${RUNTIME}/${path}` }, pieces), path);
    },
    fail: (requestId, error) => tell(`invocation/${requestId}/error`, error),
    failInit: (error) => tell("init/error", error),
    async waitForRestore() {
      accept(await ask("restore/next"), "restore/next");
      agent.destroy(); // connections do not outlive a snapshot
    },
    failRestore: (error) => tell("restore/error", error),
    close: () => agent.destroy(),
  };
}

/** An answer that may be another one the next time counts as none. */
async function checked(asking: Promise<ApiAnswer>): Promise<ApiAnswer> {
  const answer = await asking;
  if (answer.status >= 500) {
    throw unexpected(answer);
  }
  return answer;
}

function accept(answer: ApiAnswer | undefined, path: string): void {
  if (answer === undefined || answer.status >= 300) {
    throw new BentoError("BENTO_REFUSED", `the Runtime API answered ${answer?.status}`, {
      where: path,
      hint: answer?.body.toString("utf8", 0, 500) ?? "",
    });
  }
}

function unexpected({ status }: ApiAnswer): BentoError {
  return new BentoError("BENTO_UNREACHABLE", `the Runtime API answered ${status}`, {
    where: "AWS_LAMBDA_RUNTIME_API",
    hint: "Lambda starts the function anew",
  });
}

function invocationOf({ headers, body }: ApiAnswer): Invocation {
  const requestId = textOf(headers, "lambda-runtime-aws-request-id");
  if (requestId === undefined) {
    throw new BentoError("BENTO_UNREACHABLE", "the Runtime API gave an invocation without an id", {
      where: "AWS_LAMBDA_RUNTIME_API",
      hint: "set it to the Runtime API's host and port, or not at all",
    });
  }
  const deadline = Number(textOf(headers, "lambda-runtime-deadline-ms"));
  return {
    requestId,
    deadlineAt: deadline > 0 ? deadline : Number.POSITIVE_INFINITY,
    traceId: textOf(headers, "lambda-runtime-trace-id"),
    event: body,
  };
}

function textOf(headers: IncomingMessage["headers"], name: string): string | undefined {
  const value = headers[name];
  return typeof value === "string" ? value : undefined;
}
