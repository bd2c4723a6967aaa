/**
 * What a runner and its worker thread tell each other. The memory of tensors is moved, not copied, and that of inputs
 * comes back with the answer.
 *
 * @module
 */
import type { ErrorCode } from "../../core/bento-error.ts";
import type { OpenSessionOptions, RunnerSpec, Tensors } from "./onnx-session.ts";

/** Given to the thread at its start. */
export type WorkerInput = OpenSessionOptions;

export interface WorkerRequest {
  readonly id: number;
  readonly inputs: Tensors;
}

/** An error in parts: classes do not cross threads. */
export interface WorkerFailure {
  readonly code: ErrorCode;
  readonly message: string;
  readonly where: string | undefined;
  readonly hint: string | undefined;
}

/** The memory of the inputs, for the next run. */
interface Spent {
  readonly id: number;
  readonly spent: readonly ArrayBuffer[];
}

export interface WorkerDone extends Spent {
  readonly kind: "done";
  readonly outputs: Tensors;
  /** How long the model ran; undefined from a thread that does not time it. */
  readonly runMs?: number | undefined;
}

export type WorkerReply =
  | { readonly kind: "ready"; readonly spec: RunnerSpec }
  | { readonly kind: "refused"; readonly failure: WorkerFailure }
  | WorkerDone
  | ({ readonly kind: "failed"; readonly message: string } & Spent);

/** The memory behind tensors, each block once, for `postMessage`; texts have none to move. */
export function memoryOf(tensors: Tensors): ArrayBuffer[] {
  const blocks: ArrayBuffer[] = [];
  for (const name in tensors) {
    const data = tensors[name]?.data;
    if (ArrayBuffer.isView(data) && data.buffer instanceof ArrayBuffer) {
      if (!blocks.includes(data.buffer)) {
        blocks.push(data.buffer);
      }
    }
  }
  return blocks;
}
