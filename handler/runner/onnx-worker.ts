/**
 * The thread that a model runs on. It opens one session, then answers requests in their order.
 *
 * @module
 */
import { getPriority, setPriority } from "node:os";
import { parentPort, workerData } from "node:worker_threads";
import { BentoError } from "../../core/bento-error.ts";
import { type OnnxSession, openSession } from "./onnx-session.ts";
import {
  memoryOf,
  type WorkerInput,
  type WorkerReply,
  type WorkerRequest,
} from "./worker-messages.ts";

const port = parentPort;
if (port === null) {
  throw new BentoError("BENTO_BUG", "onnx-worker is not a program; it is started as a thread");
}

/** On the scale of `nice`; ten leave a thread a tenth of a core that others want too. */
const STEPS_BELOW = 10;

const reply = (message: WorkerReply, memory: ArrayBuffer[] = []) =>
  port.postMessage(message, memory);

async function answer(session: OnnxSession, { id, inputs }: WorkerRequest): Promise<void> {
  try {
    const startedAt = performance.now();
    const outputs = await session.run(inputs);
    const runMs = performance.now() - startedAt;
    const results = memoryOf(outputs);
    const spent = memoryOf(inputs).filter((block) => !results.includes(block));
    reply({ kind: "done", id, outputs, runMs, spent }, [...results, ...spent]);
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    const spent = memoryOf(inputs);
    reply({ kind: "failed", id, message, spent }, spent);
  }
}

/**
 * Lets the event loop go first where cores are short: callers are refused, and answers sent, while models run. On Linux a
 * priority is a thread's own, and those that the session starts inherit it; elsewhere it would be the whole process's.
 */
function yieldToEventLoop(): void {
  if (process.platform === "linux") {
    setPriority(0, Math.min(19, getPriority(0) + STEPS_BELOW));
  }
}

try {
  yieldToEventLoop();
  const input: WorkerInput = workerData;
  const session = await openSession(input);
  port.on("message", (request: WorkerRequest) => void answer(session, request));
  reply({ kind: "ready", spec: session.spec });
} catch (error) {
  const known = BentoError.isInstance(error) ? error : undefined;
  reply({
    kind: "refused",
    failure: {
      code: known?.code ?? "BENTO_BUG",
      message: error instanceof Error ? error.message : String(error),
      where: known?.where,
      hint: known?.hint,
    },
  });
}
