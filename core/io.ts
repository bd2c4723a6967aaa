/**
 * Schemas for what travels: tensors as nested lists on the wire and typed arrays inside. The check is one loop over the
 * numbers, because nested zod arrays cost a hundred times more.
 *
 * @module
 */
import * as z from "zod";
import { BentoError } from "./bento-error.ts";
import { INTEGER_RANGES, jsonScalarOf } from "./element.ts";
import { nearest } from "./nearest.ts";
import {
  formatShape,
  type NestedProblem,
  readNested,
  type TensorShape,
  writeNested,
} from "./nested.ts";
import { show } from "./show.ts";
import type { Dtype, Tensor } from "./tensor.ts";
import { DTYPES } from "./tensor-spec.ts";

export type { TensorShape } from "./nested.ts";

type Scalar<D extends Dtype> = D extends "string" ? string : D extends "bool" ? boolean : number;
export type Nested<T> = T | readonly Nested<T>[];

/** Nested lists on the wire, a {@link Tensor} in `run`. */
export interface TensorCodec<D extends Dtype>
  extends z.ZodCodec<
    z.ZodType<Nested<Scalar<D>>[], Nested<Scalar<D>>[]>,
    z.ZodType<Tensor<D>, Tensor<D>>
  > {}

const SHAPE = Symbol.for("bentokit.tensorShape");

/**
 * The declared shape of a schema made by `io.tensor`, also after `.describe()`, `.refine()` and the like; undefined for
 * any other schema.
 */
export function tensorShapeOf(schema: object): TensorShape | undefined {
  // on the wire's side of the codec, because zod copies the codec itself at every method
  const wire = "_zod" in schema ? (schema as z.core.$ZodCodec)._zod.def.in : undefined;
  return wire !== undefined && SHAPE in wire ? (wire[SHAPE] as TensorShape) : undefined;
}

/**
 * A tensor of numbers, texts or booleans.
 *
 * @param dims - a number fixes an axis, a name leaves it open; the same name must have the same length; `?` is no name
 * @throws BentoError BENTO_INVALID_SERVICE for an unknown element type, no axes, or a length that is no whole number
 */
function tensorCodec<const D extends Dtype>(
  dtype: D,
  dims: readonly (string | number)[],
): TensorCodec<D> {
  const declared: TensorShape<D> = { dtype, dims };
  checkDeclared(declared);
  const wire = z.custom<Nested<Scalar<D>>[]>((value) => Array.isArray(value), {
    error: ({ input }) => `expected nested lists of ${formatShape(declared)}, got ${show(input)}`,
  });
  const inner = z.custom<Tensor<D>>(isTensor, {
    error: ({ input }) => `expected a tensor ${formatShape(declared)}, got ${show(input)}`,
  });
  const codec = z.codec(wire, inner, {
    decode: (nested, context) => {
      const problems: NestedProblem[] = [];
      const decoded = readNested(declared, nested, problems);
      addIssues(context, nested, problems);
      return decoded;
    },
    encode: (whole, context) => {
      const problems: NestedProblem[] = [];
      const nested = writeNested(declared, whole, problems);
      addIssues(context, whole, problems);
      return nested as Nested<Scalar<D>>[]; // of as many axes as `dims`, and those are one or more
    },
  });
  Object.defineProperty(wire, SHAPE, { value: declared });
  wire._zod.toJSONSchema = () => jsonSchemaOf(declared);
  inner._zod.toJSONSchema = () => jsonSchemaOf(declared);
  const described = codec.meta({ format: "tensor", dtype, shape: [...dims] });
  return described as unknown as TensorCodec<D>; // z.codec infers a wider scalar than the interface states
}

export const io = {
  tensor: tensorCodec,
  /**
   * A text.
   *
   * @param maxLength - most UTF-16 units
   * @default maxLength 1 000 000
   */
  text: (maxLength = 1_000_000) => z.string().max(maxLength),
} as const;

function addIssues(
  context: z.core.ParsePayload,
  input: unknown,
  problems: readonly NestedProblem[],
): void {
  context.issues.push(
    ...problems.map((problem) => ({ code: "custom" as const, input, ...problem })),
  );
}

function isTensor(value: unknown): boolean {
  return (
    typeof value === "object" &&
    value !== null &&
    "dtype" in value &&
    "data" in value &&
    "dims" in value &&
    Array.isArray(value.dims)
  );
}

function checkDeclared({ dtype, dims }: { dtype: unknown; dims: unknown }): void {
  const problems: string[] = [];
  if (!DTYPES.some((known) => known === dtype)) {
    const near = typeof dtype === "string" ? nearest(dtype, DTYPES) : undefined;
    const advice = near === undefined ? `one of ${DTYPES.join(", ")}` : `did you mean ${near}?`;
    problems.push(`io.tensor: unknown element type ${show(dtype)}; ${advice}`);
  }
  if (!Array.isArray(dims) || dims.length === 0) {
    problems.push(`io.tensor: expected at least one axis, e.g. ["n", 4], got ${show(dims)}`);
  } else {
    for (const dim of dims) {
      if (typeof dim !== "string" && !(Number.isInteger(dim) && dim >= 0)) {
        problems.push(`io.tensor: expected a name or a whole number for an axis, got ${show(dim)}`);
      }
    }
  }
  if (problems.length > 0) {
    throw new BentoError("BENTO_INVALID_SERVICE", problems.join("\n"), {
      hint: 'write it as io.tensor("float32", ["n", 4]); for one value alone use z.number() or z.string()',
    });
  }
}

function jsonSchemaOf({ dtype, dims }: TensorShape): object {
  const element = INTEGER_RANGES[dtype] === undefined ? jsonScalarOf(dtype) : "integer";
  return dims.reduceRight<object>(
    (items, length) => ({
      type: "array",
      items,
      ...(typeof length === "number" ? { minItems: length, maxItems: length } : {}),
    }),
    { type: element },
  );
}
