/**
 * Whether a process on this machine answers: `/readyz` with 200, and the `X-Bento` header that says what it serves.
 *
 * @module
 */
import { setTimeout as wait } from "node:timers/promises";
import { BentoError } from "../../core/bento-error.ts";
import type { EngineContext } from "./engine.ts";
import { engineOf } from "./engines.ts";
import type { LocalProcess } from "./local-process.ts";

const LOG_LINES = 10;
const ANSWER_MS = 2_000;
const FIRST_PAUSE_MS = 20;
const LONGEST_PAUSE_MS = 250;

export interface Readiness {
  readonly isReady: boolean;
  readonly serves: string | undefined;
}

/** Asks once. No answer is the same as not ready. */
export async function askReadiness(url: string, signal?: AbortSignal): Promise<Readiness> {
  const limit = AbortSignal.timeout(ANSWER_MS);
  try {
    const response = await fetch(`${url}/readyz`, {
      signal: signal === undefined ? limit : AbortSignal.any([signal, limit]),
    });
    await response.body?.cancel();
    return {
      isReady: response.status === 200,
      serves: response.headers.get("x-bento") ?? undefined,
    };
  } catch {
    signal?.throwIfAborted();
    return { isReady: false, serves: undefined };
  }
}

/**
 * Waits until a process is ready.
 *
 * @throws BentoError BENTO_UNHEALTHY when it ends first or is not ready in time, with the end of its log
 */
export async function waitUntilReady(
  target: LocalProcess,
  { timeoutSeconds }: { readonly timeoutSeconds: number },
  context: EngineContext,
): Promise<void> {
  const { signal } = context;
  const deadline = performance.now() + timeoutSeconds * 1000;
  for (let pause = FIRST_PAUSE_MS; ; pause = Math.min(pause * 2, LONGEST_PAUSE_MS)) {
    signal?.throwIfAborted();
    if (!(await engineOf(target).isAlive(target, context))) {
      throw await unhealthy(target, `${target.bento.tag} ended before it was ready`, context);
    }
    if ((await askReadiness(target.url, signal)).isReady) {
      return;
    }
    if (performance.now() > deadline) {
      const what = `${target.bento.tag} was not ready within ${timeoutSeconds} s`;
      throw await unhealthy(target, what, context);
    }
    await wait(pause, undefined, { signal });
  }
}

async function unhealthy(
  target: LocalProcess,
  what: string,
  context: EngineContext,
): Promise<BentoError> {
  const lines = await Array.fromAsync(
    engineOf(target).logs(target, { tail: LOG_LINES }, context),
  ).catch(() => []);
  const said =
    lines.length === 0
      ? "; it wrote no log"
      : `; the end of its log:\n${lines.map((line) => `  ${line}`).join("\n")}`;
  return new BentoError("BENTO_UNHEALTHY", `${what}${said}`, {
    where: target.log,
    hint: "read the log, repair the service, build and deploy again",
  });
}
