/**
 * Who sent a request, as far as it can go away: heard of from Node's own objects where the server has them, because a
 * `Request` and its signal are costly to ask there.
 *
 * @module
 */
import type { IncomingMessage, ServerResponse } from "node:http";

/** What the server passes along with each request; absent elsewhere. */
export interface NodeBindings {
  readonly incoming?: IncomingMessage;
  readonly outgoing?: ServerResponse;
  /** Instead of both, for a request that no socket brought; its answer may be light. */
  readonly whole?: WholeRequest;
}

/** A request whose body is there already, as in an event of Lambda. */
export interface WholeRequest {
  readonly body: Uint8Array;
  readonly caller: Caller;
  /** Longest that its answer may take, in milliseconds. */
  readonly timeLeftMs: number;
}

export interface Caller {
  readonly hasGone: boolean;
  /** @returns what takes the listener back */
  onGone(listener: () => void): () => void;
}

export function callerOf(request: Request, bindings: NodeBindings | undefined): Caller {
  const outgoing = bindings?.outgoing;
  if (bindings?.whole !== undefined) {
    return bindings.whole.caller;
  }
  return outgoing === undefined ? behindSignal(request.signal) : behindResponse(outgoing);
}

function behindSignal(signal: AbortSignal): Caller {
  return {
    hasGone: signal.aborted,
    onGone(listener) {
      signal.addEventListener("abort", listener, { once: true });
      return () => signal.removeEventListener("abort", listener);
    },
  };
}

function behindResponse(outgoing: ServerResponse): Caller {
  return {
    hasGone: outgoing.destroyed,
    onGone(listener) {
      // until its answer is written, a response closes only with its connection
      outgoing.on("close", listener);
      return () => outgoing.removeListener("close", listener);
    },
  };
}
