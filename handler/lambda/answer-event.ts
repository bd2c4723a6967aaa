/**
 * From an event to what Lambda is given for it. Whatever happens, the invocation gets an answer, and an error in it tells
 * no more than the HTTP server would.
 *
 * @module
 */
import type { ServiceDefinition } from "../../core/service.ts";
import { errorAnswer, HttpError } from "../http-error.ts";
import type { ServerLog } from "../log.ts";
import { type AskApp, readWhole } from "./ask-app.ts";
import { fieldsOf, textOf } from "./event-fields.ts";
import { type HttpEvent, readHttpEvent, type WholeAnswer, writeHttpAnswer } from "./http-event.ts";
import type { FunctionError, Invocation } from "./runtime-api.ts";
import { answerRecords, type QueueRecord, readQueueEvent } from "./sqs-event.ts";

export interface AnswerEventOptions {
  readonly definition: ServiceDefinition;
  readonly ask: AskApp;
  readonly log: ServerLog;
  /** For messages of a queue that name no api. @default the only one */
  readonly queueApi: string | undefined;
  /** Whether HTTP answers are streamed: only where the function is called so. */
  readonly isStreaming: boolean;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/** What the Runtime API is to be told. */
export type EventAnswer =
  | { readonly kind: "answer"; readonly body: string }
  | { readonly kind: "stream"; readonly response: Response }
  | { readonly kind: "error"; readonly error: FunctionError };

export type AnswerEvent = (invocation: Invocation) => Promise<EventAnswer>;

/** Longest answers, https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html and ALB's, read 2026-11. */
const MAX_ANSWER_BYTES = 6_291_556;
const MAX_BALANCER_BYTES = 1_048_576;

/** What is kept of the time for the answer's own way, at most half of it. */
const WAY_MS = 100;
/** Times are cut to multiples, because Node keeps timers of one duration in one list. */
const STEP_MS = 50;

/** @returns never rejects */
export function answerEvents(options: AnswerEventOptions): AnswerEvent {
  return async (invocation) => {
    try {
      return await answerOne(invocation, options);
    } catch (error) {
      const { requestId } = invocation;
      const err =
        error instanceof Error ? error : new Error("thrown is no error", { cause: error });
      if (!(error instanceof HttpError)) {
        options.log.error({ requestId, err }, "invocation failed");
      }
      const { status, body } = errorAnswer(error);
      return { kind: "error", error: functionError(status, body) };
    }
  };
}

async function answerOne(invocation: Invocation, options: AnswerEventOptions) {
  const event = parseEvent(invocation.event);
  const http = readHttpEvent(event);
  if (http !== undefined) {
    return answerHttp(http, invocation, options);
  }
  const records = readQueueEvent(event);
  return records === undefined
    ? answerDirect(event, invocation, options)
    : answerQueue(records, invocation, options);
}

function parseEvent(event: Buffer): unknown {
  try {
    return JSON.parse(event.toString("utf8"));
  } catch {
    throw new HttpError(400, "the event is not JSON");
  }
}

/** What is left until Lambda gives up, in milliseconds. */
function timeLeftOf({ deadlineAt }: Invocation, { now }: AnswerEventOptions): number {
  const left = deadlineAt - now();
  const own = Math.max(left / 2, left - WAY_MS);
  return own < STEP_MS ? Math.max(1, own) : own - (own % STEP_MS);
}

async function answerHttp(
  event: HttpEvent,
  invocation: Invocation,
  options: AnswerEventOptions,
): Promise<EventAnswer> {
  const { form, method, url, body } = event;
  const { requestId, traceId } = invocation;
  const headers = {
    "x-request-id": requestId,
    ...(traceId === undefined ? {} : { "x-amzn-trace-id": traceId }),
    ...event.headers,
  };
  const refuse = (message: string): EventAnswer => ({
    kind: "answer",
    body: writeHttpAnswer(form, refusal(new HttpError(400, message), requestId)),
  });
  if (url === undefined) {
    return refuse("the request names no valid URL");
  }
  if (body === undefined) {
    return refuse("the body is not base64, as isBase64Encoded says");
  }
  const timeLeftMs = timeLeftOf(invocation, options);
  const response = await options.ask({ method, url, headers, body, timeLeftMs });
  if (options.isStreaming && (form === "url" || form === "gateway")) {
    return { kind: "stream", response };
  }
  const text = writeHttpAnswer(form, await readWhole(response));
  const maxBytes = form.startsWith("balancer") ? MAX_BALANCER_BYTES : MAX_ANSWER_BYTES;
  const bytes = Buffer.byteLength(text);
  if (bytes <= maxBytes) {
    return { kind: "answer", body: text };
  }
  options.log.warn({ requestId, bytes, maxBytes }, "answer too long for Lambda");
  const error = new HttpError(
    413,
    `the answer of ${bytes} bytes is longer than ${maxBytes} bytes`,
    {
      detail: { maxBytes },
    },
  );
  return { kind: "answer", body: writeHttpAnswer(form, refusal(error, requestId)) };
}

function refusal(error: HttpError, requestId: string): WholeAnswer {
  const { status, body, headers } = errorAnswer(error);
  return { status, body, headers: { ...headers, "x-request-id": requestId }, cookies: [] };
}

async function answerQueue(
  records: readonly QueueRecord[],
  invocation: Invocation,
  options: AnswerEventOptions,
): Promise<EventAnswer> {
  const { definition, log, queueApi } = options;
  const failed = await answerRecords(records, {
    definition,
    defaultApi: queueApi,
    async send(api, body, id) {
      const { status } = await sendToApi({ api, body, id }, invocation, options);
      return status < 400;
    },
    onUnknown: (messageId) =>
      log.error({ requestId: invocation.requestId, messageId }, "message names no api"),
  });
  const batchItemFailures = failed.map((itemIdentifier) => ({ itemIdentifier }));
  return { kind: "answer", body: JSON.stringify({ batchItemFailures }) };
}

async function answerDirect(
  event: unknown,
  invocation: Invocation,
  options: AnswerEventOptions,
): Promise<EventAnswer> {
  const { api, body } = directCall(event, Object.keys(options.definition.apis));
  const text = JSON.stringify(body ?? {});
  const sent = { api, body: text, id: invocation.requestId };
  const answer = await sendToApi(sent, invocation, options);
  const reply = Buffer.from(answer.body).toString("utf8");
  if (answer.status >= 400) {
    return { kind: "error", error: functionError(answer.status, reply) };
  }
  const bytes = Buffer.byteLength(reply);
  if (bytes > MAX_ANSWER_BYTES) {
    const errorMessage = `Response payload size exceeded maximum allowed payload size (${MAX_ANSWER_BYTES} bytes).`;
    return { kind: "error", error: { errorType: "Function.ResponseSizeTooLarge", errorMessage } };
  }
  return { kind: "answer", body: reply };
}

/** `{"api": name, "body": …}`, or the body alone where there is but one api. */
function directCall(event: unknown, apis: readonly string[]) {
  const fields = fieldsOf(event);
  const named = textOf(fields["api"]);
  const isCall = Object.keys(fields).every((key) => key === "api" || key === "body");
  if (named !== undefined && isCall) {
    return { api: named, body: fields["body"] };
  }
  const [only] = apis;
  if (apis.length === 1 && only !== undefined) {
    return { api: only, body: event };
  }
  throw new HttpError(400, 'the event names no api; send {"api": name, "body": …}', {
    detail: { apis },
  });
}

interface ApiCall {
  readonly api: string;
  readonly body: string;
  /** Names it in logs. */
  readonly id: string;
}

async function sendToApi(
  { api, body, id }: ApiCall,
  invocation: Invocation,
  options: AnswerEventOptions,
): Promise<WholeAnswer> {
  const response = await options.ask({
    method: "POST",
    url: `http://lambda/${encodeURIComponent(api)}`,
    headers: { "content-type": "application/json", "x-request-id": id },
    body: Buffer.from(body),
    timeLeftMs: timeLeftOf(invocation, options),
  });
  return readWhole(response);
}

/** An HTTP error for those who read no status: the same JSON, with Lambda's own fields. */
function functionError(status: number, body: string): FunctionError {
  const fields = fieldsOf(JSON.parse(body));
  const errorMessage = textOf(fields["error"]) ?? "internal error";
  return { errorType: `Bento.Http${status}`, errorMessage, status, ...fields };
}
