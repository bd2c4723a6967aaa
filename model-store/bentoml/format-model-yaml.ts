/**
 * Our manifest in the words of BentoML's model.yaml.
 *
 * @module
 */
import type { Metadata } from "../../core/model-manifest.ts";
import { ONNX_DTYPES, UNKNOWN_RANK } from "../../core/onnx-value.ts";
import type { TensorSpec } from "../../core/tensor-spec.ts";
import type { RegisteredModel } from "../list-models.ts";
import { formatPyYaml } from "./pyyaml.ts";

/** The release of BentoML whose format it is. */
const BENTOML_VERSION = "1.4.38";
/** The only method that BentoML calls on an ONNX model. */
const METHOD = "run";

/** ONNX's numbers by element type. */
const ELEMENT_TYPES = new Map(
  Object.entries(ONNX_DTYPES).map(([number, dtype]) => [dtype, Number(number)]),
);

/** @returns the file's text, and what it cannot say, a line each */
export function modelYaml({ manifest, labels, registeredAt }: RegisteredModel): {
  text: string;
  notes: readonly string[];
} {
  const { metadata, notes } = withoutNulls(manifest.metadata);
  const signatures = Object.values(manifest.signatures);
  const batchable = signatures.every((signature) => signature.batchable);
  const fields = {
    name: manifest.name,
    version: manifest.version,
    module: "bentoml.onnx",
    labels,
    options: {
      input_specs: { [METHOD]: manifest.inputs.map(specOf) },
      output_specs: { [METHOD]: manifest.outputs.map(specOf) },
      providers: null,
      session_options: null,
    },
    metadata,
    context: {
      framework_name: "onnx",
      framework_versions: {},
      bentoml_version: BENTOML_VERSION,
      python_version: "",
    },
    signatures: { [METHOD]: batchable ? { batchable, batch_dim: [0, 0] } : { batchable } },
    api_version: "v2",
    creation_time: registeredAt.replace("Z", "+00:00"),
  };
  const lines = Object.entries(fields).map(([key, value]) => `${key}: ${formatPyYaml(value)}\n`);
  return { text: lines.join(""), notes };
}

/** BentoML refuses a model whose metadata has a null. */
function withoutNulls(metadata: Metadata): { metadata: Metadata; notes: string[] } {
  const entries = Object.entries(metadata);
  const kept = entries.filter(([, value]) => value !== null);
  const dropped = entries.filter(([, value]) => value === null);
  return {
    metadata: Object.fromEntries(kept),
    notes: dropped.map(([key]) => `metadata ${key} is null, which BentoML does not take: left out`),
  };
}

/** As protobuf writes a ValueInfoProto in JSON: lengths are texts, an open one is empty. */
function specOf({ name, dtype, dims }: TensorSpec): object {
  const shape = dims.includes(UNKNOWN_RANK) ? {} : { shape: { dim: dims.map(dimOf) } };
  return { name, type: { tensorType: { elemType: ELEMENT_TYPES.get(dtype), ...shape } } };
}

function dimOf(dim: number | string): object {
  if (typeof dim === "number") {
    return { dimValue: String(dim) };
  }
  return dim === "?" ? {} : { dimParam: dim };
}
