/**
 * Schemas for what travels: tensors as nested lists on the wire and typed arrays inside. The check is one loop over the
 * numbers, because nested zod arrays cost a hundred times more.
 *
 * @module
 */
import * as z from "zod";
import { allocateCells, type Cells, type Dtype, type Tensor } from "./tensor.ts";

type Scalar<D extends Dtype> = D extends "string" ? string : D extends "bool" ? boolean : number;
export type Nested<T> = T | readonly Nested<T>[];

/** Nested lists on the wire, a {@link Tensor} in `run`. */
export interface TensorCodec<D extends Dtype>
  extends z.ZodCodec<
    z.ZodType<Nested<Scalar<D>>[], Nested<Scalar<D>>[]>,
    z.ZodType<Tensor<D>, Tensor<D>>
  > {}

/** What a tensor codec says of itself to whoever batches its rows. */
export interface TensorShape {
  readonly dtype: Dtype;
  readonly dims: readonly (string | number)[];
}

const SHAPE = Symbol.for("bentokit.tensorShape");

/** The declared shape of a schema made by {@link tensorCodec}; undefined for any other schema. */
export function tensorShapeOf(schema: object): TensorShape | undefined {
  return SHAPE in schema ? (schema[SHAPE] as TensorShape) : undefined;
}

/**
 * A tensor of numbers, texts or booleans.
 *
 * @param dims - a number fixes an axis, a name leaves it open; the same name must have the same length
 */
function tensorCodec<const D extends Dtype>(
  dtype: D,
  dims: readonly (string | number)[],
): TensorCodec<D> {
  const wire = z.custom<Nested<Scalar<D>>[]>((value) => Array.isArray(value), {
    error: `expected nested lists of ${dtype} with shape [${dims.join(", ")}]`,
  });
  const inner = z.custom<Tensor<D>>(
    (value) => typeof value === "object" && value !== null && "dims" in value,
    {
      error: `expected a ${dtype} tensor`,
    },
  );
  const codec = z.codec(wire, inner, {
    decode: (nested, context) => {
      const problems: Problem[] = [];
      const decoded = readNested(dtype, dims, nested, problems);
      for (const problem of problems) {
        context.issues.push({ code: "custom", input: nested, ...problem });
      }
      return decoded;
    },
    encode: (whole) => writeNested(whole) as Nested<Scalar<D>>[],
  });
  const element = dtype === "string" ? "string" : dtype === "bool" ? "boolean" : "number";
  const described = codec.meta({ format: "tensor", dtype, shape: [...dims] });
  Object.defineProperty(described, SHAPE, { value: { dtype, dims } });
  wire._zod.toJSONSchema = () => jsonSchemaOf(element, dims);
  inner._zod.toJSONSchema = () => jsonSchemaOf(element, dims);
  return described as unknown as TensorCodec<D>; // z.codec infers a wider scalar than the interface states
}

export const io = {
  tensor: tensorCodec,
  /** A text of at most `maxLength` characters. */
  text: (maxLength = 1_000_000) => z.string().max(maxLength),
} as const;

interface Problem {
  readonly path: (string | number)[];
  readonly message: string;
}

const MAX_PROBLEMS = 20;

function readNested<D extends Dtype>(
  dtype: D,
  dims: readonly (string | number)[],
  nested: unknown,
  problems: Problem[],
): Tensor<D> {
  const lengths = measure(nested, dims.length);
  for (const [axis, expected] of dims.entries()) {
    if (typeof expected === "number" && lengths[axis] !== undefined && lengths[axis] !== expected) {
      problems.push({
        path: [],
        message: `expected ${expected} along axis ${axis}, got ${lengths[axis]}`,
      });
    }
  }
  if (lengths.length < dims.length && problems.length === 0) {
    problems.push({ path: [], message: `expected ${dims.length} axes, got ${lengths.length}` });
  }
  const total = problems.length > 0 ? 0 : lengths.reduce((product, length) => product * length, 1);
  const cells = allocateCells(dtype, total);
  if (problems.length === 0) {
    fill({ dtype, lengths, cells, problems, path: [], offset: 0 }, nested);
  }
  return { dtype, dims: lengths, data: cells };
}

function measure(nested: unknown, axes: number): number[] {
  const lengths: number[] = [];
  for (let level = nested; Array.isArray(level) && lengths.length < axes; level = level[0]) {
    lengths.push(level.length);
    if (level.length === 0) {
      // an empty axis hides the ones below it; they are empty too
      return [...lengths, ...new Array<number>(axes - lengths.length).fill(0)];
    }
  }
  return lengths;
}

interface Filling {
  readonly dtype: Dtype;
  readonly lengths: readonly number[];
  readonly cells: Cells[Dtype];
  readonly problems: Problem[];
  /** Where the walk stands; one array, copied only into a problem. */
  readonly path: number[];
  offset: number;
}

function fill(filling: Filling, value: unknown): void {
  if (filling.problems.length >= MAX_PROBLEMS) {
    return;
  }
  const { path } = filling;
  const length = filling.lengths[path.length];
  if (length === undefined) {
    putCell(filling, value);
    return;
  }
  if (!Array.isArray(value) || value.length !== length) {
    const got = Array.isArray(value) ? `${value.length}` : JSON.stringify(value);
    filling.problems.push({ path: [...path], message: `expected a list of ${length}, got ${got}` });
    return;
  }
  for (let index = 0; index < length; index += 1) {
    path.push(index);
    fill(filling, value[index]);
    path.pop();
  }
}

const INTEGER_RANGES: Readonly<Partial<Record<Dtype, readonly [number, number]>>> = {
  int8: [-128, 127],
  int16: [-32768, 32767],
  int32: [-(2 ** 31), 2 ** 31 - 1],
  int64: [Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER],
  uint8: [0, 255],
  uint16: [0, 65535],
  uint32: [0, 2 ** 32 - 1],
  uint64: [0, Number.MAX_SAFE_INTEGER],
};

function putCell(filling: Filling, value: unknown): void {
  const problem = problemOf(filling.dtype, value);
  if (problem !== undefined) {
    filling.problems.push({ path: [...filling.path], message: problem });
    return;
  }
  const isBig = filling.dtype === "int64" || filling.dtype === "uint64";
  const cell = isBig ? BigInt(value as number) : filling.dtype === "bool" ? Number(value) : value;
  (filling.cells as unknown[])[filling.offset] = cell; // problemOf has checked that the value fits
  filling.offset += 1;
}

function problemOf(dtype: Dtype, value: unknown): string | undefined {
  const expected = dtype === "string" ? "string" : dtype === "bool" ? "boolean" : "number";
  // `expected` is one of typeof’s words
  if (typeof value !== expected) {
    return `expected a ${expected}, got ${JSON.stringify(value) ?? typeof value}`;
  }
  if (expected !== "number") {
    return undefined;
  }
  if (!Number.isFinite(value)) {
    return `expected a finite number, got ${value}`;
  }
  const range = INTEGER_RANGES[dtype];
  if (
    range !== undefined &&
    (!Number.isInteger(value) || Number(value) < range[0] || Number(value) > range[1])
  ) {
    return `expected an ${dtype} from ${range[0]} to ${range[1]}, got ${value}`;
  }
  return undefined;
}

function writeNested(whole: Tensor): Nested<unknown>[] {
  const isBig = whole.dtype === "int64" || whole.dtype === "uint64";
  const scalar = (index: number): unknown => {
    const cell = whole.data[index];
    return isBig ? Number(cell) : whole.dtype === "bool" ? cell === 1 : cell;
  };
  let offset = 0;
  const write = (axis: number): Nested<unknown> => {
    const length = whole.dims[axis];
    if (length === undefined) {
      offset += 1;
      return scalar(offset - 1);
    }
    return Array.from({ length }, () => write(axis + 1));
  };
  return write(0) as Nested<unknown>[];
}

function jsonSchemaOf(element: string, dims: readonly (string | number)[]): object {
  return dims.reduceRight<object>(
    (items, length) => ({
      type: "array",
      items,
      ...(typeof length === "number" ? { minItems: length, maxItems: length } : {}),
    }),
    { type: element },
  );
}
