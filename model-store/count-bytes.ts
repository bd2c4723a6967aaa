/**
 * Tells of bytes as they pass.
 *
 * @module
 */
import { type OnProgress, silent } from "../core/progress.ts";

export interface ProgressOptions {
  /** Hears of bytes that travel. @default nobody */
  readonly onProgress?: OnProgress | undefined;
}

export interface CountedStep extends ProgressOptions {
  /** What is done with the bytes, e.g. `store model.onnx`. */
  readonly step: string;
  /** All there will be. */
  readonly totalBytes: number;
}

/** The same pieces; each is told of once the reader has taken it. */
export async function* countBytes(
  pieces: AsyncIterable<Uint8Array>,
  { step, totalBytes, onProgress = silent }: CountedStep,
): AsyncGenerator<Uint8Array, void> {
  let doneBytes = 0;
  for await (const piece of pieces) {
    yield piece;
    doneBytes += piece.length;
    onProgress({ kind: "step-progress", step, doneBytes, totalBytes });
  }
}
