/**
 * How a service names the models that it needs. A reference is only a name: it is resolved when a bento is built, or
 * when a service is served from its source.
 *
 * @module
 */
import type { Tensor } from "./tensor.ts";

/** How the calls to one model share batches. */
export interface BatchSettings {
  /** Most rows in one model call. @default 100 */
  readonly maxBatchSize?: number;
  /** Longest time to an answer in milliseconds; what cannot make it is refused on arrival with 503. @default 60 000 */
  readonly maxLatencyMs?: number;
  /** Longest the first row is held for others to join, in milliseconds. @default 0 */
  readonly maxWaitMs?: number;
}

export interface ModelOptions {
  /** For apis that are not `batch` themselves: their concurrent calls to this model coalesce so. */
  readonly batch?: BatchSettings;
  /**
   * Threads that run it, each with the model in memory; the cores are shared out among them. 1 spreads each run over all
   * cores. @default measured at start
   */
  readonly threads?: number;
}

/** A model in the store, by a tag as typed. */
export interface ModelRef<Tag extends string = string> extends ModelOptions {
  readonly kind: "model";
  readonly tag: Tag;
}

/** A model file of the project that is in no store. */
export interface ModelFileRef extends ModelOptions {
  readonly kind: "model-file";
  /** Relative to the folder of service.ts. */
  readonly file: string;
}

export type AnyModelRef = ModelRef | ModelFileRef;
export type Models = Readonly<Record<string, AnyModelRef>>;

/**
 * Names a model of the store.
 *
 * @param tag - `name`, `name:version` or `name:alias`; resolved at build
 */
export function model<const Tag extends string>(
  tag: Tag,
  options: ModelOptions = {},
): ModelRef<Tag> {
  return { kind: "model", tag, ...options };
}

/**
 * Packs a model file of the project, without a store.
 *
 * @param file - relative to the folder of service.ts, e.g. `./m.onnx`
 */
model.file = function modelFile(file: string, options: ModelOptions = {}): ModelFileRef {
  return { kind: "model-file", file, ...options };
};

/** Filled by `bento types` from the store, so that names of inputs and outputs complete in the editor. */
// biome-ignore lint/suspicious/noEmptyInterface: users' generated files merge into it
export interface ModelSignatures {}

export interface AnySignature {
  /** Undefined for one that may be left out. */
  readonly inputs: Readonly<Record<string, Tensor | undefined>>;
  readonly outputs: Readonly<Record<string, Tensor>>;
}

type NameOf<Tag extends string> = Tag extends `${infer Name}:${string}` ? Name : Tag;

/** The inputs and outputs of the model that a reference names, as far as the generated types know it. */
export type SignatureOf<R> =
  R extends ModelRef<infer Tag>
    ? NameOf<Tag> extends keyof ModelSignatures
      ? ModelSignatures[NameOf<Tag>] extends AnySignature
        ? ModelSignatures[NameOf<Tag>]
        : AnySignature
      : AnySignature
    : AnySignature;

/** A loaded model. Concurrent calls coalesce into one, where the model is batchable. */
export interface Runner<S extends AnySignature = AnySignature> {
  /**
   * @param inputs - one tensor for each input of the graph; the data is copied, not kept
   * @returns one tensor for each output, rows in the order of the inputs'
   * @throws BentoError BENTO_INVALID_INPUT when names, element types or shapes are not the graph's
   */
  run(inputs: S["inputs"], options?: { readonly signal?: AbortSignal }): Promise<S["outputs"]>;
}
