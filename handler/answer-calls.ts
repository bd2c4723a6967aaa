/**
 * What every call to an api goes through, whatever its bodies look like: admission, the time limit, and an answer that is
 * made whole at once, because a header set later costs more than all of them.
 *
 * @module
 */
import type { Context } from "hono";
import { type Caller, callerOf, type NodeBindings } from "./caller.ts";
import type { CallCancellation } from "./cancellation.ts";
import { errorAnswer, isInternal } from "./http-error.ts";
import type { Lifecycle } from "./lifecycle.ts";
import { type ServerLog, silentLog } from "./log.ts";
import type { LoopDelay } from "./loop-delay.ts";
import { finished, respond } from "./port/light-response.ts";
import type { RequestEdge } from "./request-edge.ts";
import { withTimeLimit } from "./time-limit.ts";

export interface AppEnv {
  /** Undefined where a test asks the app itself. */
  Bindings: NodeBindings;
  Variables: { requestId: string };
}

export interface AnswerCallsOptions {
  readonly edge: RequestEdge;
  readonly lifecycle: Lifecycle;
  readonly delay: LoopDelay;
  readonly timeoutMs: number;
  readonly log?: ServerLog;
}

export interface Reply {
  readonly body: string | Uint8Array;
  readonly headers: Readonly<Record<string, string>>;
}

/** One call on its way. */
export interface OpenCall {
  readonly request: Request;
  readonly bindings: NodeBindings | undefined;
  readonly requestId: string;
  /** When the process got it, by the clock. */
  readonly arrivedAt: number;
  /** Longest that the answer may take from then, in milliseconds; undefined for as long as the service lets it. */
  readonly timeLeftMs: number | undefined;
  readonly cancellation: CallCancellation;
}

export type AnswerCalls = (
  route: string,
  answer: (call: OpenCall) => Promise<Reply>,
) => (c: Context<AppEnv>) => Promise<Response>;

/** @returns makes the handler of a route from what answers its calls with a 200 */
export function answerCalls(options: AnswerCallsOptions): AnswerCalls {
  const { edge, lifecycle, delay, timeoutMs, log = silentLog } = options;
  return (route, answer) => async (c) => {
    const arrivedAt = delay.arrivedAt();
    const request = c.req.raw;
    const bindings: NodeBindings | undefined = c.env;
    const givenId = request.headers.get("x-request-id") ?? undefined;
    const open = edge.open({ route, givenId, method: "POST", path: route });
    const { requestId } = open;
    try {
      const reply = await lifecycle.admit(() => {
        const caller: Caller = callerOf(request, bindings);
        const timeLeftMs = bindings?.whole?.timeLeftMs;
        const limitMs = Math.min(timeoutMs, timeLeftMs ?? timeoutMs);
        return withTimeLimit({ timeoutMs: limitMs, caller }, (cancellation) =>
          answer({ request, bindings, requestId, arrivedAt, timeLeftMs, cancellation }),
        );
      });
      const response = respond(200, reply.body, { ...reply.headers, ...open.close(200) });
      return finished(response, bindings);
    } catch (error) {
      if (isInternal(error)) {
        const isError = error instanceof Error;
        const err = isError ? error : new Error("run threw what is no error", { cause: error });
        log.error({ requestId, path: route, err }, "request failed");
      }
      const { status, body, headers } = errorAnswer(error);
      return finished(respond(status, body, { ...headers, ...open.close(status) }), bindings);
    }
  };
}
