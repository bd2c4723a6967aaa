/**
 * The last word on whether a file is a model: onnxruntime loads it once.
 *
 * @module
 */
import { BentoError } from "../core/bento-error.ts";

/**
 * Throws when a model cannot be loaded.
 *
 * @param model - path of the .onnx file, with its external data beside it, or all of its bytes
 */
export type LoadCheck = (model: string | Uint8Array) => Promise<void>;

/** Errors only: what onnxruntime would print about the graph is no news to the user. */
const FATAL = 4;

/**
 * Loads the model with onnxruntime-node, which is imported only now, and lets it go.
 *
 * @throws BentoError BENTO_INVALID_MODEL with onnxruntime's reason
 */
export const loadWithOnnxRuntime: LoadCheck = async (model) => {
  process.env["ORT_DISABLE_TELEMETRY"] = "1"; // read by the native library when it is loaded
  const { InferenceSession } = await import("onnxruntime-node");
  try {
    const options = { logSeverityLevel: FATAL } as const;
    const session =
      typeof model === "string"
        ? await InferenceSession.create(model, options)
        : await InferenceSession.create(model, options);
    await session.release();
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new BentoError("BENTO_INVALID_MODEL", `onnxruntime cannot load the model: ${reason}`, {
      ...(typeof model === "string" ? { where: model } : {}),
      hint: "export it again, with an opset that onnxruntime has; onnx.checker.check_model says more about the file",
      cause,
    });
  }
};
