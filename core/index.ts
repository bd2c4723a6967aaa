/**
 * What a service.ts imports: definitions alone. Importing it loads nothing but zod.
 *
 * @module
 */
export { ApiError } from "./api-error.ts";
export { BentoError, type ErrorCode } from "./bento-error.ts";
export type {
  ApiOptions,
  BatchContext,
  BatchOptions,
  BatchRequest,
  CallContext,
  Definers,
  Endpoint,
  Log,
} from "./endpoint.ts";
export { io, type TensorCodec } from "./io.ts";
export {
  type BatchSettings,
  type ModelFileRef,
  type ModelOptions,
  type ModelRef,
  type ModelSignatures,
  model,
  type Runner,
} from "./model-ref.ts";
export type { Resources, Traffic } from "./resources.ts";
export { type Service, type ServiceOptions, service } from "./service.ts";
export { type Dtype, type Tensor, tensor } from "./tensor.ts";
