/**
 * What a runner and its worker thread tell each other. The memory of tensors is moved, not copied.
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

export type WorkerReply =
  | { readonly kind: "ready"; readonly spec: RunnerSpec }
  | { readonly kind: "refused"; readonly failure: WorkerFailure }
  | { readonly kind: "done"; readonly id: number; readonly outputs: Tensors }
  | { readonly kind: "failed"; readonly id: number; readonly message: string };

/** The memory behind tensors, each block once, for `postMessage`; texts have none to move. */
export function memoryOf(tensors: Tensors): ArrayBuffer[] {
  const blocks = new Set<ArrayBuffer>();
  for (const { data } of Object.values(tensors)) {
    if (!Array.isArray(data) && data.buffer instanceof ArrayBuffer) {
      blocks.add(data.buffer);
    }
  }
  return [...blocks];
}
