/**
 * The mask of a model over rows of different lengths, for callers that leave it out: 1 for each of their own cells. What
 * fills a row up later gets 0, as in every padded input whose signature says so.
 *
 * @module
 */
import { toCell } from "../../core/element.ts";
import type { Padding } from "../../core/padding.ts";
import { allocateCells, pairTensor, type Tensor } from "../../core/tensor.ts";
import { isTensor } from "./check-inputs.ts";
import type { RunnerSpec, Tensors } from "./onnx-session.ts";

/** @returns the inputs as they are where there is no mask to make, or nothing to tell its shape by */
export function withMask(inputs: Tensors, spec: RunnerSpec, padding: Padding | undefined): Tensors {
  const mask = padding?.mask;
  if (mask === undefined || inputs[mask] !== undefined) {
    return inputs;
  }
  const declared = spec.inputs.find(({ name }) => name === mask);
  const beside = Object.keys(padding?.values ?? {}).find((name) => isTensor(inputs[name]));
  const [rows, length] = inputs[beside ?? ""]?.dims ?? [];
  if (declared === undefined || rows === undefined || length === undefined) {
    return inputs; // the check that follows says what is wrong
  }
  const data: Tensor["data"] = allocateCells(declared.dtype, rows * length);
  data.fill(toCell(declared.dtype, 1) as never); // dtype decides both
  return { ...inputs, [mask]: pairTensor(declared.dtype, [rows, length], data) };
}
