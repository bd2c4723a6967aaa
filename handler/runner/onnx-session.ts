/**
 * A model in onnxruntime, on the thread that opens it: `run` blocks that thread until the model is done.
 * onnxruntime is loaded when the first session is opened, by `require`, so that NODE_PATH serves bundles that live outside
 * of any node_modules.
 *
 * @module
 */
import { createRequire } from "node:module";
import type { InferenceSession, Tensor as OrtTensor } from "onnxruntime-node";
import { BentoError } from "../../core/bento-error.ts";
import type { Tensor } from "../../core/tensor.ts";
import type { DtypeName, TensorSpec } from "../../core/tensor-spec.ts";

export type Tensors = Readonly<Record<string, Tensor>>;

/** Names alone, so that a thread need not load what describes them. */
const DTYPES: Readonly<Record<DtypeName, true>> = {
  float32: true,
  float64: true,
  float16: true,
  int8: true,
  int16: true,
  int32: true,
  int64: true,
  uint8: true,
  uint16: true,
  uint32: true,
  uint64: true,
  bool: true,
  string: true,
};

/** Inputs and outputs of a graph, in its order. */
export interface RunnerSpec {
  readonly inputs: readonly TensorSpec[];
  readonly outputs: readonly TensorSpec[];
}

export interface OpenSessionOptions {
  /** File of the graph; external data is found beside it. */
  readonly path: string;
  /** Threads within one run. @default 1 */
  readonly intraOpThreads?: number;
  /** What computes. Operators that `cuda` lacks run on the CPU. @default "cpu" */
  readonly provider?: ExecutionProvider | undefined;
}

/** What onnxruntime may compute on. */
export type ExecutionProvider = "cpu" | "cuda";

export interface OnnxSession {
  readonly spec: RunnerSpec;
  /** All outputs for inputs that fit the spec. */
  run(inputs: Tensors): Promise<Tensors>;
  close(): Promise<void>;
}

/**
 * @throws BentoError BENTO_IO when onnxruntime-node cannot be loaded, BENTO_INVALID_MODEL when it cannot load the file
 */
export async function openSession(options: OpenSessionOptions): Promise<OnnxSession> {
  const ort = loadOrt();
  const { path, intraOpThreads = 1, provider = "cpu" } = options;
  const session = await ort.InferenceSession.create(path, {
    executionProviders: [provider],
    intraOpNumThreads: intraOpThreads,
    interOpNumThreads: 1,
    logSeverityLevel: 3,
    // threads that wait for the next run by spinning take the cores of shared machines from everyone else
    extra: { "session.intra_op.allow_spinning": "0" },
  }).catch((cause: unknown) => {
    throw loadError(cause, { path, provider });
  });
  const spec = {
    inputs: session.inputMetadata.map((metadata) => readSpec(metadata, path)),
    outputs: session.outputMetadata.map((metadata) => readSpec(metadata, path)),
  };
  return {
    spec,
    async run(inputs) {
      const feeds: Record<string, OrtTensor> = {};
      for (const [name, given] of Object.entries(inputs)) {
        feeds[name] = toOrt(ort, given);
      }
      const outputs = await session.run(feeds);
      return Object.fromEntries(
        Object.entries(outputs).map(([name, output]) => [name, fromOrt(output as OrtTensor)]),
      );
    },
    close: () => session.release(),
  };
}

type Ort = typeof import("onnxruntime-node");

function loadOrt(): Ort {
  process.env["ORT_DISABLE_TELEMETRY"] = "1"; // read by the library when it is loaded
  try {
    return createRequire(import.meta.url)("onnxruntime-node");
  } catch (cause) {
    throw new BentoError("BENTO_IO", `onnxruntime-node cannot be loaded: ${textOf(cause)}`, {
      where: import.meta.url,
      hint: "install it where this program can find it: npm i onnxruntime-node",
      cause,
    });
  }
}

function readSpec(metadata: InferenceSession.ValueMetadata, path: string): TensorSpec {
  const { name } = metadata;
  if (!metadata.isTensor || !isDtype(metadata.type)) {
    const got = metadata.isTensor ? `a tensor of ${metadata.type}` : "no tensor";
    throw new BentoError("BENTO_INVALID_MODEL", `${JSON.stringify(name)} of the graph is ${got}`, {
      where: path,
      hint: metadata.isTensor
        ? `export the model with one of ${Object.keys(DTYPES).join(", ")}`
        : "export the model with tensors alone, e.g. with zipmap off in skl2onnx",
    });
  }
  const dims = metadata.shape.map((length) =>
    typeof length === "number" ? (length < 0 ? "?" : length) : length === "" ? "?" : length,
  );
  return { name, dtype: metadata.type, dims };
}

function isDtype(type: string): type is DtypeName {
  return Object.hasOwn(DTYPES, type);
}

function toOrt(ort: Ort, { dtype, data, dims }: Tensor): OrtTensor {
  // the constructor has an overload for each type, and checks what it is given
  const made = new ort.Tensor(dtype as "float32", data as Float32Array, dims);
  if (dtype === "float16") {
    // on Node 24 it makes a Float16Array of the bits, which the native side reads as empty (1.30.0)
    Object.defineProperty(made, "data", { value: data });
  }
  return made;
}

function fromOrt(output: OrtTensor): Tensor {
  const data: unknown = output.data;
  // Node 24 has an array for float16; ours holds the bits
  const isHalf = output.type === "float16" && ArrayBuffer.isView(data);
  const cells = isHalf ? new Uint16Array(data.buffer, data.byteOffset, data.byteLength / 2) : data;
  return { dtype: output.type, dims: output.dims, data: cells } as Tensor; // of the kinds that DTYPES lists
}

function loadError(
  cause: unknown,
  { path, provider }: { readonly path: string; readonly provider: ExecutionProvider },
): BentoError {
  const text = textOf(cause);
  if (provider !== "cpu" && /ExecutionProvider|provider/i.test(text)) {
    return new BentoError(
      "BENTO_UNSUPPORTED",
      `the execution provider ${provider} is asked for and not there: ${text}`,
      {
        where: path,
        hint: "run it where onnxruntime's CUDA libraries and an NVIDIA GPU are, or on the CPU: BENTO_PROVIDER=cpu, or resources.gpu 0",
        cause,
      },
    );
  }
  return new BentoError("BENTO_INVALID_MODEL", `onnxruntime cannot load it: ${text}`, {
    where: path,
    hint: "check that the file is a whole ONNX model, and that its opset is one that this onnxruntime knows",
    cause,
  });
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
