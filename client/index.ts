/**
 * What a caller of a service imports.
 *
 * @module
 */
export { BentoClientError } from "./client-error.ts";
export { type Client, createClient } from "./create-client.ts";
export type { CallOptions, ClientOptions } from "./send.ts";
