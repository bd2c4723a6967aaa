/**
 * Calls an api that is made of tensors by the Open Inference Protocol: the elements travel as raw bytes, both ways.
 *
 * @module
 */
import { BentoError } from "../core/bento-error.ts";
import type { Tensor } from "../core/tensor.ts";
import { datatypeOf, dtypeOf, readCells, writeCells } from "../core/tensor-bytes.ts";
import type { Outgoing } from "./send.ts";

export type Tensors = Readonly<Record<string, Tensor>>;

const HEADER_LENGTH = "inference-header-content-length";

/** @param root - the service's */
export function inference(root: URL, api: string, inputs: Tensors): Outgoing<Tensor> {
  const url = new URL(`v2/models/${api}/infer`, root);
  const parts = Object.entries(inputs).map(([name, given]) => {
    const bytes = writeCells(given);
    const { dtype, dims: shape } = given;
    const parameters = { binary_data_size: bytes.byteLength };
    return { bytes, head: { name, shape, datatype: datatypeOf(dtype), parameters } };
  });
  const head = { inputs: parts.map((part) => part.head), parameters: { binary_data_output: true } };
  const json = new TextEncoder().encode(JSON.stringify(head));
  return {
    url,
    headers: {
      "content-type": "application/octet-stream",
      [HEADER_LENGTH]: String(json.byteLength),
    },
    body: concatBytes([json, ...parts.map(({ bytes }) => bytes)]),
    read: (response) => readOutput(response, url),
  };
}

function concatBytes(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.byteLength, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.byteLength;
  }
  return whole;
}

async function readOutput(response: Response, url: URL): Promise<Tensor> {
  const bytes = new Uint8Array(await response.arrayBuffer());
  const length = Number(response.headers.get(HEADER_LENGTH) ?? Number.NaN);
  const read = Number.isInteger(length)
    ? tensorOf(parse(bytes.subarray(0, length)), bytes.subarray(length))
    : undefined;
  if (read === undefined) {
    throw new BentoError("BENTO_UNREACHABLE", "the answer holds no tensor in bytes", {
      where: url.href,
      hint: "check that the URL is the service's own",
    });
  }
  return read;
}

/** Undefined where it is not what the protocol says. */
function tensorOf(head: unknown, bytes: Uint8Array): Tensor | undefined {
  const outputs = field(head, "outputs");
  const [output] = Array.isArray(outputs) ? outputs : [];
  const shape = field(output, "shape");
  const datatype = field(output, "datatype");
  const dtype = typeof datatype === "string" ? dtypeOf(datatype) : undefined;
  if (dtype === undefined || !Array.isArray(shape) || !shape.every(isLength)) {
    return undefined;
  }
  const count = shape.reduce((product, length) => product * length, 1);
  const data = readCells(dtype, count, bytes);
  return typeof data === "string" ? undefined : ({ dtype, dims: shape, data } as Tensor);
}

function field(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null && name in value
    ? (value as Readonly<Record<string, unknown>>)[name]
    : undefined;
}

function isLength(value: unknown): value is number {
  return typeof value === "number" && Number.isInteger(value) && value >= 0;
}

function parse(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    return undefined;
  }
}
