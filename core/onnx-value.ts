/**
 * Reads what an ONNX graph declares of one input or output. Only tensors can be served, so that sequences and maps are
 * refused with the way to export without them.
 *
 * @module
 */
import { BentoError } from "./bento-error.ts";
import { type ByteRange, broken, type WireReader } from "./onnx-wire.ts";
import type { DtypeName, TensorSpec } from "./tensor-spec.ts";

/** The one entry in `dims` of a tensor whose number of axes the graph leaves open. */
export const UNKNOWN_RANK = "...";

/** Element types by ONNX's numbers for them; TensorProto.DataType in onnx.proto. */
export const ONNX_DTYPES: Readonly<Record<number, DtypeName>> = {
  1: "float32",
  2: "uint8",
  3: "int8",
  4: "uint16",
  5: "int16",
  6: "int32",
  7: "int64",
  8: "string",
  9: "bool",
  10: "float16",
  11: "float64",
  12: "uint32",
  13: "uint64",
};

const UNSERVED_DTYPES: Readonly<Record<number, string>> = {
  14: "complex64",
  15: "complex128",
  16: "bfloat16",
  17: "float8e4m3fn",
  18: "float8e4m3fnuz",
  19: "float8e5m2",
  20: "float8e5m2fnuz",
  21: "uint4",
  22: "int4",
  23: "float4e2m1",
};

/** What a ValueInfoProto states: a name and the range of its type. */
export interface DeclaredValue {
  readonly name: string;
  readonly type: ByteRange | undefined;
}

/** Reads a ValueInfoProto without its type: inputs that are initializers may have any. */
export function readDeclaredValue(reader: WireReader, range: ByteRange): DeclaredValue {
  let name = "";
  let type: ByteRange | undefined;
  for (const field of reader.fields(range)) {
    if (field.number === 1) {
      name = reader.text(field);
    } else if (field.number === 2 && field.hasBytes) {
      type = field;
    }
  }
  if (name === "") {
    throw broken("an input or output has no name");
  }
  return { name, type };
}

/**
 * Reads the type of one input or output.
 *
 * @param side - for messages
 * @throws BentoError BENTO_INVALID_MODEL when it is no tensor, or one of an element type that cannot be served
 */
export function readTensorSpec(
  reader: WireReader,
  value: DeclaredValue,
  side: "input" | "output",
): TensorSpec {
  for (const field of value.type === undefined ? [] : reader.fields(value.type)) {
    const kind = VALUE_KINDS[field.number];
    if (kind === "a tensor" && field.hasBytes) {
      return { name: value.name, ...readTensorType(reader, field, `${side} ${value.name}`) };
    }
    if (kind !== undefined) {
      throw notATensor(`${side} ${value.name}`, kind);
    }
  }
  throw broken(`${side} ${value.name} has no type`);
}

/** TypeProto's alternatives by field number. */
const VALUE_KINDS: Readonly<Record<number, string>> = {
  1: "a tensor",
  4: "a sequence",
  5: "a map",
  7: "an opaque value",
  8: "a sparse tensor",
  9: "an optional value",
};

function readTensorType(
  reader: WireReader,
  range: ByteRange,
  what: string,
): Omit<TensorSpec, "name"> {
  let dtypeNumber = 0;
  let dims: TensorSpec["dims"] = [UNKNOWN_RANK];
  for (const field of reader.fields(range)) {
    if (field.number === 1) {
      dtypeNumber = field.value;
    } else if (field.number === 2 && field.hasBytes) {
      dims = readDims(reader, field);
    }
  }
  const dtype = ONNX_DTYPES[dtypeNumber];
  if (dtype === undefined) {
    const name = UNSERVED_DTYPES[dtypeNumber] ?? `number ${dtypeNumber}`;
    throw new BentoError(
      "BENTO_INVALID_MODEL",
      `${what} has the element type ${name}, which cannot be served`,
      {
        hint: "export the model with a Cast, so that its inputs and outputs are float32, int64 or another common type",
      },
    );
  }
  return { dtype, dims };
}

function readDims(reader: WireReader, range: ByteRange): TensorSpec["dims"] {
  const dims: TensorSpec["dims"] = [];
  for (const field of reader.fields(range)) {
    if (field.number === 1 && field.hasBytes) {
      dims.push(readDim(reader, field));
    }
  }
  return dims;
}

function readDim(reader: WireReader, range: ByteRange): number | string {
  let dim: number | string = "?";
  for (const field of reader.fields(range)) {
    if (field.number === 1 && !field.hasBytes) {
      // some exporters write -1 for an open axis; as a varint it is far above any length
      dim = field.value <= Number.MAX_SAFE_INTEGER ? field.value : "?";
    } else if (field.number === 2) {
      dim = reader.text(field) || "?";
    }
  }
  return dim;
}

function notATensor(what: string, kind: string): BentoError {
  const isZipmap = kind === "a sequence" || kind === "a map";
  return new BentoError("BENTO_INVALID_MODEL", `${what} is ${kind}, not a tensor`, {
    hint: isZipmap
      ? 'export it with ZipMap off: skl2onnx: to_onnx(model, rows, options={"zipmap": False}); ' +
        "onnxmltools: convert_lightgbm(model, initial_types=types, zipmap=False)"
      : "export the model so that all of its inputs and outputs are dense tensors",
  });
}
