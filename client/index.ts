/**
 * What a caller of a service imports.
 *
 * @module
 */
export { BentoClientError } from "./client-error.ts";
export {
  type CallOptions,
  type Client,
  type ClientOptions,
  createClient,
} from "./create-client.ts";
