/**
 * Reads from an ONNX file what callers have to know: inputs, outputs and the names of external data files. Works on
 * ranges of bytes, so that weights are neither read nor copied; damaged input is an error, never a hang.
 *
 * @module
 */
import { BentoError } from "./bento-error.ts";
import { type DeclaredValue, readDeclaredValue, readTensorSpec } from "./onnx-value.ts";
import {
  type ByteRange,
  type ByteSource,
  broken,
  type WireReader,
  wireReader,
} from "./onnx-wire.ts";
import type { TensorSpec } from "./tensor-spec.ts";

/** What a graph says of itself. */
export interface OnnxSignature {
  /** In the graph's order; initializers listed among inputs are not inputs. */
  readonly inputs: TensorSpec[];
  /** In the graph's order. */
  readonly outputs: TensorSpec[];
  /** Files with weights, as the graph names them relative to its own folder; sorted, each once. */
  readonly externalData: string[];
  /** The exporter's name as it wrote it, e.g. skl2onnx; empty when it wrote none. */
  readonly producer: string;
}

/** Subgraphs within subgraphs; protobuf's own readers stop at 100 messages. */
const DEEPEST_GRAPH = 30;

/**
 * Reads the signature of an ONNX model.
 *
 * @param source - the file; only its structure is read, 64 KiB at a time
 * @throws BentoError BENTO_INVALID_MODEL when it is no ONNX file, is damaged, or has inputs or outputs that are no tensors
 */
export function readOnnxSignature(source: ByteSource): OnnxSignature {
  const reader = wireReader(source);
  const found: Found = { inputs: [], outputs: [], initializers: new Set(), locations: new Set() };
  let producer = "";
  let graphs = 0;
  for (const field of reader.fields({ start: 0, end: source.size })) {
    if (field.number === 7 && field.hasBytes) {
      readGraph(reader, field, { found, depth: 0 });
      graphs += 1;
    } else if (field.number === 2) {
      producer = reader.text(field);
    } else if (field.number === 25 && field.hasBytes) {
      readFunction(reader, field, found);
    }
  }
  if (graphs !== 1) {
    throw broken(source.size === 0 ? "it is empty" : `expected one graph in it, got ${graphs}`);
  }
  return { ...describeValues(reader, found), externalData: [...found.locations].sort(), producer };
}

interface Found {
  readonly inputs: DeclaredValue[];
  readonly outputs: DeclaredValue[];
  readonly initializers: Set<string>;
  readonly locations: Set<string>;
}

interface Walk {
  readonly found: Found;
  /** 0 for the model's own graph; subgraphs have no inputs of the model. */
  readonly depth: number;
}

function describeValues(
  reader: WireReader,
  found: Found,
): Pick<OnnxSignature, "inputs" | "outputs"> {
  const inputs = found.inputs
    .filter((value) => !found.initializers.has(value.name))
    .map((value) => readTensorSpec(reader, value, "input"));
  const outputs = found.outputs.map((value) => readTensorSpec(reader, value, "output"));
  if (outputs.length === 0) {
    throw new BentoError("BENTO_INVALID_MODEL", "the graph has no outputs", {
      hint: "export the model again; a graph without outputs has nothing to predict",
    });
  }
  return { inputs, outputs };
}

function readGraph(reader: WireReader, range: ByteRange, walk: Walk): void {
  if (walk.depth > DEEPEST_GRAPH) {
    throw broken(`graphs within graphs deeper than ${DEEPEST_GRAPH}`);
  }
  const isTop = walk.depth === 0;
  for (const field of reader.fields(range)) {
    if (!field.hasBytes) {
      continue;
    }
    if (field.number === 1) {
      readNode(reader, field, walk);
    } else if (field.number === 5) {
      const name = readTensor(reader, field, walk.found);
      if (isTop) {
        walk.found.initializers.add(name);
      }
    } else if (field.number === 15) {
      const name = readSparseTensor(reader, field, walk.found);
      if (isTop) {
        walk.found.initializers.add(name);
      }
    } else if (isTop && field.number === 11) {
      walk.found.inputs.push(readDeclaredValue(reader, field));
    } else if (isTop && field.number === 12) {
      walk.found.outputs.push(readDeclaredValue(reader, field));
    }
  }
}

function readFunction(reader: WireReader, range: ByteRange, found: Found): void {
  for (const field of reader.fields(range)) {
    if (field.number === 7 && field.hasBytes) {
      readNode(reader, field, { found, depth: 1 });
    }
  }
}

function readNode(reader: WireReader, range: ByteRange, walk: Walk): void {
  for (const field of reader.fields(range)) {
    if (field.number === 5 && field.hasBytes) {
      readAttribute(reader, field, walk);
    }
  }
}

function readAttribute(reader: WireReader, range: ByteRange, walk: Walk): void {
  for (const field of reader.fields(range)) {
    if (!field.hasBytes) {
      continue;
    }
    if (field.number === 5 || field.number === 10) {
      readTensor(reader, field, walk.found);
    } else if (field.number === 6 || field.number === 11) {
      readGraph(reader, field, { found: walk.found, depth: walk.depth + 1 });
    } else if (field.number === 22 || field.number === 23) {
      readSparseTensor(reader, field, walk.found);
    }
  }
}

/** Notes where the tensor's data lies. @returns the tensor's name */
function readTensor(reader: WireReader, range: ByteRange, found: Found): string {
  let name = "";
  for (const field of reader.fields(range)) {
    if (field.number === 8) {
      name = reader.text(field);
    } else if (field.number === 13 && field.hasBytes) {
      readExternalEntry(reader, field, found);
    }
  }
  return name;
}

/** @returns the name of its values, which is the name of the whole */
function readSparseTensor(reader: WireReader, range: ByteRange, found: Found): string {
  let name = "";
  for (const field of reader.fields(range)) {
    if (field.number === 1 && field.hasBytes) {
      name = readTensor(reader, field, found);
    } else if (field.number === 2 && field.hasBytes) {
      readTensor(reader, field, found);
    }
  }
  return name;
}

function readExternalEntry(reader: WireReader, range: ByteRange, found: Found): void {
  let key = "";
  let value = "";
  for (const field of reader.fields(range)) {
    if (field.number === 1) {
      key = reader.text(field);
    } else if (field.number === 2) {
      value = reader.text(field);
    }
  }
  if (key === "location") {
    found.locations.add(value);
  }
}
