/**
 * One call over HTTP: sent within its time, again where it was refused and the caller wants that, and an error that says
 * what went wrong.
 *
 * @module
 */
import { BentoError } from "../core/bento-error.ts";
import { BentoClientError, errorFromResponse } from "./client-error.ts";

export interface ClientOptions {
  /** @default the global fetch. A service's own `fetch` needs no port. */
  readonly fetch?: (request: Request) => Promise<Response>;
  /** Sent with every request, e.g. authorization. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Longest time to a whole answer, in milliseconds, waits between retries included. @default no limit */
  readonly timeoutMs?: number;
  /**
   * How often a request that was refused with 429 or 503 is sent again, each time after as long as the answer says. Such a
   * request was not begun. Whatever else goes wrong is not tried again.
   *
   * @default 0
   */
  readonly retries?: number;
}

export interface CallOptions {
  /** Ends the call, also while it waits to be sent again. */
  readonly signal?: AbortSignal;
  /** Sent with this request; wins over the client's. */
  readonly headers?: Readonly<Record<string, string>>;
}

export interface Outgoing<T> {
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array<ArrayBuffer>;
  /** Takes an answer that is no error. */
  read(response: Response): Promise<T>;
}

/** Where a refusal does not say when to come again. */
const DEFAULT_RETRY_MS = 1000;

/**
 * @throws BentoClientError for an answer that is an error, BentoError BENTO_UNREACHABLE where there is none, and the
 * signal's reason when it is aborted
 */
export async function send<T>(
  outgoing: Outgoing<T>,
  client: ClientOptions,
  call: CallOptions,
): Promise<T> {
  const { timeoutMs, retries = 0 } = client;
  call.signal?.throwIfAborted();
  const deadline = timeoutMs === undefined ? undefined : AbortSignal.timeout(timeoutMs);
  const signals = [call.signal, deadline].filter((signal) => signal !== undefined);
  const signal = AbortSignal.any(signals);
  try {
    for (let left = retries; ; left -= 1) {
      try {
        return await sendOnce(outgoing, { client, call, signal });
      } catch (error) {
        const delayMs = left > 0 ? retryDelayMs(error) : undefined;
        if (delayMs === undefined || delayMs >= (timeoutMs ?? Number.POSITIVE_INFINITY)) {
          throw error;
        }
        await pause(delayMs, signal);
      }
    }
  } catch (error) {
    call.signal?.throwIfAborted();
    throw explain(error, { url: outgoing.url, timeoutMs, isLate: deadline?.aborted === true });
  }
}

interface SendOnce {
  readonly client: ClientOptions;
  readonly call: CallOptions;
  readonly signal: AbortSignal;
}

async function sendOnce<T>(
  { url, headers, body, read }: Outgoing<T>,
  { client, call, signal }: SendOnce,
): Promise<T> {
  const { fetch = globalThis.fetch } = client;
  const request = new Request(url, {
    method: "POST",
    headers: { ...headers, ...client.headers, ...call.headers },
    body,
    signal,
  });
  const response = await fetch(request);
  if (!response.ok) {
    throw await errorFromResponse(response);
  }
  return read(response);
}

/** Undefined for what is not to be tried again. */
function retryDelayMs(error: unknown): number | undefined {
  return BentoClientError.isInstance(error) && (error.status === 429 || error.status === 503)
    ? (error.retryAfterMs ?? DEFAULT_RETRY_MS)
    : undefined;
}

async function pause(delayMs: number, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, delayMs);
  const leave = () => reject(signal.reason);
  signal.addEventListener("abort", leave, { once: true });
  try {
    await promise;
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", leave);
  }
}

interface Circumstances {
  readonly url: URL;
  readonly timeoutMs: number | undefined;
  readonly isLate: boolean;
}

function explain(error: unknown, { url, timeoutMs, isLate }: Circumstances): unknown {
  if (isLate) {
    return new BentoError("BENTO_UNREACHABLE", `no answer within ${timeoutMs} ms`, {
      where: url.href,
      hint: "raise timeoutMs, or see whether the service is overloaded",
      cause: error,
    });
  }
  // what fetch throws when no connection came about
  if (!(error instanceof TypeError)) {
    return error;
  }
  const reason = error.cause instanceof Error ? error.cause.message : error.message;
  return new BentoError("BENTO_UNREACHABLE", `the service did not answer: ${reason}`, {
    where: url.href,
    hint: "check the URL, and that the service is running",
    cause: error,
  });
}
