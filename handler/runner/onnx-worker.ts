/**
 * The thread that a model runs on. It opens one session, then answers requests in their order.
 *
 * @module
 */
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

const reply = (message: WorkerReply, memory: ArrayBuffer[] = []) =>
  port.postMessage(message, memory);

async function answer(session: OnnxSession, { id, inputs }: WorkerRequest): Promise<void> {
  try {
    const outputs = await session.run(inputs);
    const results = memoryOf(outputs);
    const spent = memoryOf(inputs).filter((block) => !results.includes(block));
    reply({ kind: "done", id, outputs, spent }, [...results, ...spent]);
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    const spent = memoryOf(inputs);
    reply({ kind: "failed", id, message, spent }, spent);
  }
}

try {
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
