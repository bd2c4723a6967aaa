/**
 * The kinds of api that a service may define, and what their `run` is given. The types infer `run`'s arguments from
 * the schemas; the values are plain data that the handler reads.
 *
 * @module
 */
import type * as z from "zod";
import type { ApiError } from "./api-error.ts";
import type { BatchSettings, Models, Runner, SignatureOf } from "./model-ref.ts";
import type { Tensor } from "./tensor.ts";

export type Schema = z.core.$ZodType;
export type Shape = Readonly<Record<string, Schema>>;

/** Fields first, then a constant message: pino's call shape. */
export interface Log {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/** One caller among those whose rows share a batch. */
export interface BatchRequest {
  readonly id: string;
  /** Aborted when this caller has gone. */
  readonly signal: AbortSignal;
  readonly headers: Headers;
}

interface SharedContext<M extends Models> {
  /** The service's models, loaded. */
  readonly models: { readonly [K in keyof M]: Runner<SignatureOf<M[K]>> };
  readonly log: Log;
}

/** A batch belongs to many requests, so it has no request of its own. */
export interface BatchContext<M extends Models> extends SharedContext<M> {
  /** Aborted when all callers have gone. */
  readonly signal: AbortSignal;
  readonly requests: readonly BatchRequest[];
}

export interface CallContext<M extends Models> extends SharedContext<M> {
  /** Aborted when the caller has gone or the time is up. */
  readonly signal: AbortSignal;
  readonly requestId: string;
  readonly headers: Headers;
}

type Inputs<S extends Shape> = { readonly [K in keyof S]: z.output<S[K]> };
type WireInputs<S extends Shape> = { [K in keyof S]: z.input<S[K]> };
type MaybePromise<T> = T | Promise<T>;

/** Many rows of `S`: tensors are stacked along a new first axis, anything else is an array. */
export type Rows<S extends Schema> =
  z.output<S> extends Tensor<infer D> ? Tensor<D> : readonly z.output<S>[];
type Results<S extends Schema> =
  z.output<S> extends Tensor<infer D> ? Tensor<D> : readonly (z.output<S> | ApiError)[];

/** What an api that is made of tensors alone takes and gives where they travel as bytes. */
export interface TensorTypes {
  readonly input: Readonly<Record<string, Tensor>>;
  readonly output: Tensor;
}

type TensorsOf<I extends Shape, O extends Schema> = {
  readonly input: Inputs<I>;
  readonly output: z.output<O>;
} extends infer T extends TensorTypes
  ? T
  : undefined;

/** What `apis` returns values of. The type parameters are the wire's, for typed clients. */
export interface Endpoint<I = unknown, O = unknown, T = unknown> {
  readonly kind: "api" | "batch";
  readonly description?: string;
  /** Never set: carries the wire's types; those of tensors as bytes, or undefined where it is not made of them. */
  readonly "~wire"?: { readonly input: I; readonly output: O; readonly tensors: T };
}

export interface ApiOptions<M extends Models, I extends Shape, O extends Schema> {
  readonly description?: string;
  /** The keys of the request's JSON object. */
  readonly input: I;
  /** The reply, bare. */
  readonly output: O;
  run(
    this: void,
    input: NoInfer<Inputs<I>>,
    context: CallContext<M>,
  ): MaybePromise<NoInfer<z.output<O>>>;
}

export interface BatchOptions<
  M extends Models,
  P extends string,
  R extends Schema,
  O extends Schema,
  Per extends "request" | "item",
> extends BatchSettings {
  readonly description?: string;
  /** The one key of the request's JSON object. */
  readonly parameter: P;
  readonly row: R;
  readonly result: O;
  /** What one caller sends: a list of rows, or one row alone. @default "request" */
  readonly per?: Per;
  /**
   * Whether the rows of a batch that failed are run again in halves, so that a bad row fails alone. False for a `run` with
   * side effects. @default true
   */
  readonly retry?: boolean;
  /** Rows of several requests; gives one result for each row, in their order. */
  run(
    this: void,
    rows: NoInfer<Rows<R>>,
    context: BatchContext<M>,
  ): MaybePromise<NoInfer<Results<O>>>;
}

type Sent<Per extends "request" | "item", T> = Per extends "item" ? T : T[];

/** The functions that `apis` is given. Apis in a file of their own take `Definers<typeof models>`. */
export interface Definers<M extends Models> {
  /** One request at a time; concurrent calls to a model coalesce in its runner. */
  api<I extends Shape, O extends Schema>(
    options: ApiOptions<M, I, O>,
  ): Endpoint<WireInputs<I>, z.input<O>, TensorsOf<I, O>>;
  /** Rows of several requests at once: for apis whose own work gains from many rows. */
  batch<
    const P extends string,
    R extends Schema,
    O extends Schema,
    const Per extends "request" | "item" = "request",
  >(
    options: BatchOptions<M, P, R, O, Per>,
  ): Endpoint<{ [K in P]: Sent<Per, z.input<R>> }, Sent<Per, z.input<O>>, undefined>;
}

/** An api as the handler sees it, types erased. */
export interface ApiDefinition extends Endpoint {
  readonly kind: "api";
  readonly input: Shape;
  readonly output: Schema;
  run(input: Readonly<Record<string, unknown>>, context: CallContext<Models>): unknown;
}

/** A batch api as the handler sees it, types erased. */
export interface BatchDefinition extends Endpoint, BatchSettings {
  readonly kind: "batch";
  readonly parameter: string;
  readonly row: Schema;
  readonly result: Schema;
  readonly per: "request" | "item";
  readonly retry?: boolean;
  run(rows: unknown, context: BatchContext<Models>): unknown;
}

export type EndpointDefinition = ApiDefinition | BatchDefinition;
