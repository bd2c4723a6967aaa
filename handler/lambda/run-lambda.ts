/**
 * A service as a Lambda function: as many invocations at once as Lambda sends, all on one event loop and in one batcher.
 *
 * @module
 */
import { BentoError } from "../../core/bento-error.ts";
import { formatError } from "../../core/format-error.ts";
import { drainTimeoutOf } from "../drain-timeout.ts";
import type { ServerLog } from "../log.ts";
import { type EmbeddedMetrics, embeddedMetrics } from "../metrics/embedded-metrics.ts";
import {
  type Environment,
  type OpenService,
  type OpenServiceOptions,
  openService,
} from "../open-service.ts";
import { type AnswerEvent, answerEvents } from "./answer-event.ts";
import { askApp } from "./ask-app.ts";
import { piecesOf } from "./http-stream.ts";
import {
  createRuntimeApi,
  type FunctionError,
  type Invocation,
  type RuntimeApi,
} from "./runtime-api.ts";

export interface RunLambdaOptions
  extends Omit<OpenServiceOptions, "isOneAtATime" | "createMetrics"> {
  /**
   * Beside what {@link OpenServiceOptions} name: AWS_LAMBDA_RUNTIME_API, AWS_LAMBDA_MAX_CONCURRENCY,
   * AWS_LAMBDA_INITIALIZATION_TYPE, BENTO_DRAIN_SECONDS, BENTO_LAMBDA_STREAM, BENTO_SNAPSTART, BENTO_SQS_API.
   */
  readonly environment: Environment;
  /** Longest that `close` waits for invocations at work, in milliseconds. @default $BENTO_DRAIN_SECONDS, else 9000 */
  readonly drainTimeoutMs?: number;
  /** Takes the lines of metrics. @default stdout */
  readonly writeMetrics?: (line: string) => void;
  /** Milliseconds since 1970. @default the process's */
  readonly now?: () => number;
  /** Reads what variables only point to; again in what comes out of a snapshot. @default they are as they are */
  readonly completeEnvironment?: (environment: Environment) => Promise<Environment>;
  /** Told of each invocation's X-Ray id where one follows on the other. @default nobody asks */
  readonly setTraceId?: (traceId: string | undefined) => void;
}

export interface LambdaLoop {
  readonly log: ServerLog;
  /** Rejects when Lambda cannot be asked for invocations any more. Resolves once closed. */
  readonly ended: Promise<void>;
  /** Asks for no more invocations, answers those at work within the limit, and stops the service. */
  close(): Promise<void>;
}

/** How often metrics go out where many invocations share a process. */
const METRICS_MS = 10_000;
/** Tries for the next invocation where other polls still answer; from 100 ms on, twice as long each time. */
const SHARED_RETRIES = { tries: 20, firstMs: 100, mostMs: 90_000 };
/** Longest that Lambda is told why the function does not start. */
const TELLING_MS = 2000;

/**
 * Loads the service and answers invocations until closed. Lambda is told of what keeps it from starting.
 *
 * @throws BentoError as {@link openService} does, BENTO_INVALID_INPUT for a concurrency that is no number
 */
export async function runLambda(options: RunLambdaOptions): Promise<LambdaLoop> {
  const { now = Date.now, writeMetrics = writeStdout } = options;
  const complete = options.completeEnvironment ?? (async (environment) => environment);
  const host = options.environment["AWS_LAMBDA_RUNTIME_API"] ?? "";
  let api = createRuntimeApi({ host });
  try {
    const environment = await complete(options.environment);
    const concurrency = concurrencyOf(environment);
    const drainTimeoutMs = options.drainTimeoutMs ?? drainTimeoutOf(environment);
    api = concurrency > 1 ? createRuntimeApi({ host, nextRetries: SHARED_RETRIES }) : api;
    const metrics = embeddedMetrics({ write: writeMetrics, now });
    const service = await openService({
      ...options,
      environment,
      isOneAtATime: concurrency === 1,
      createMetrics: metrics.create,
    });
    const answer = answerEvents({
      definition: service.definition,
      ask: askApp(service.app),
      log: service.log,
      queueApi: environment["BENTO_SQS_API"] || undefined,
      isStreaming: environment["BENTO_LAMBDA_STREAM"] === "1",
      now,
    });
    if (isSnapshot(environment)) {
      await passSnapshot(api, service, () => complete(options.environment));
    }
    service.log.info({ concurrency, models: service.models }, "polling");
    const parts = { api, answer, metrics, concurrency, drainTimeoutMs };
    return startLoop({ ...options, ...service, ...parts });
  } catch (error) {
    await bounded(
      error instanceof NotRestored ? api.failRestore(error.told) : api.failInit(told(error)),
    );
    api.close();
    throw error instanceof NotRestored ? error.cause : error;
  }
}

/** Carries what failed after a snapshot, which Lambda hears of in another place. */
class NotRestored extends Error {
  readonly told: FunctionError;

  constructor(cause: unknown) {
    super("not restored", { cause });
    this.told = told(cause);
  }
}

/** What Lambda shows of a start that failed: our three lines. */
function told(error: unknown): FunctionError {
  const errorType = BentoError.isInstance(error) ? error.code : "Runtime.InitError";
  return { errorType, errorMessage: formatError(error).trimEnd() };
}

function concurrencyOf(environment: Environment): number {
  const text = environment["AWS_LAMBDA_MAX_CONCURRENCY"] || "1";
  const count = Number(text);
  if (!Number.isInteger(count) || count < 1) {
    throw new BentoError("BENTO_INVALID_INPUT", `not a concurrency: ${JSON.stringify(text)}`, {
      where: "AWS_LAMBDA_MAX_CONCURRENCY",
      hint: "Lambda sets it to a whole number from 1",
    });
  }
  return count;
}

function isSnapshot(environment: Environment): boolean {
  return (
    environment["AWS_LAMBDA_INITIALIZATION_TYPE"] === "snap-start" &&
    environment["BENTO_SNAPSTART"] === "1"
  );
}

/** With SnapStart this is where the snapshot is taken, with all models loaded. */
async function passSnapshot(
  api: RuntimeApi,
  { definition, stop, log }: Pick<OpenService, "definition" | "stop" | "log">,
  renew: () => Promise<unknown>,
): Promise<void> {
  let isRestored = false;
  try {
    await definition.onSnapshot?.();
    await api.waitForRestore();
    isRestored = true;
    await renew();
    await definition.onRestore?.();
  } catch (error) {
    await stop().catch((err: unknown) => log.error({ err }, "stopping failed"));
    throw isRestored ? new NotRestored(error) : error;
  }
}

/** A process that cannot go on does not wait for long until Lambda has heard why. */
async function bounded(telling: Promise<void>): Promise<void> {
  await Promise.race([telling.catch(() => {}), elapsed(TELLING_MS)]);
}

interface LoopParts {
  readonly api: RuntimeApi;
  readonly answer: AnswerEvent;
  readonly metrics: EmbeddedMetrics;
  readonly concurrency: number;
  readonly log: ServerLog;
  readonly drainTimeoutMs: number;
  readonly setTraceId?: RunLambdaOptions["setTraceId"];
  stop(): Promise<void>;
}

function startLoop(parts: LoopParts): LambdaLoop {
  const { api, metrics, concurrency, log, stop, drainTimeoutMs } = parts;
  const stopping = new AbortController();
  const timer = concurrency > 1 ? setInterval(metrics.flush, METRICS_MS) : undefined;
  const polls = Array.from({ length: concurrency }, () => poll(parts, stopping.signal));
  let closing: Promise<void> | undefined;
  const close = async () => {
    log.info({}, "draining");
    stopping.abort();
    await Promise.race([Promise.allSettled(polls), elapsed(drainTimeoutMs)]);
    clearInterval(timer);
    metrics.flush();
    api.close();
    await stop();
    log.info({}, "stopped");
  };
  const ended = Promise.all(polls).then(() => {});
  ended.catch(() => {}); // whoever cares asks for it
  return { log, ended, close: () => (closing ??= close()) };
}

/** One invocation after the other. */
async function poll(parts: LoopParts, signal: AbortSignal): Promise<void> {
  const { api, answer, metrics, concurrency, log } = parts;
  for (;;) {
    const invocation = await api.next(signal);
    if (invocation === undefined) {
      return;
    }
    if (concurrency === 1) {
      parts.setTraceId?.(invocation.traceId);
    }
    try {
      await deliver(api, invocation, answer);
    } catch (err) {
      log.error({ requestId: invocation.requestId, err }, "answer not delivered");
    }
    if (concurrency === 1) {
      metrics.flush(); // the process stands still until the next invocation
    }
  }
}

async function deliver(api: RuntimeApi, invocation: Invocation, answer: AnswerEvent) {
  const { requestId } = invocation;
  const given = await answer(invocation);
  switch (given.kind) {
    case "answer":
      return api.respond(requestId, given.body);
    case "stream":
      return api.respondInPieces(requestId, piecesOf(given.response));
    case "error":
      return api.fail(requestId, given.error);
  }
}

function elapsed(delayMs: number): Promise<void> {
  return new Promise((resolve) => void setTimeout(resolve, delayMs).unref());
}

function writeStdout(line: string): void {
  process.stdout.write(line);
}
