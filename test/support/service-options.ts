/**
 * Options of `service()` as from JavaScript, where no compiler looks first, and what it says of them.
 *
 * @module
 */
import * as z from "zod";
import { service } from "../../core/service.ts";
import { caught } from "./caught.ts";

export interface AnyDefiners {
  api(options: unknown): unknown;
  batch(options: unknown): unknown;
}
export type Options = Record<string, unknown>;

/** `service` without its types. */
export const define = service as unknown as (options: unknown) => unknown;

/** The options of an api that nothing is wrong with. */
export const API: Options = { input: {}, output: z.number(), run: () => 1 };
const BATCH: Options = { parameter: "rows", row: z.number(), result: z.number(), run: () => [] };

/** A function of the definers that nothing is wrong with. */
export const apis = ({ api }: AnyDefiners): Options => ({ one: api(API) });

/** The lines of the message; undefined when nothing is wrong. */
export function problemsOf(options: unknown): string[] | undefined {
  return caught(() => define(options))?.message.split("\n");
}

/** A service called `iris` with one right api, and these options. */
export function withOptions(options: Options): Options {
  return { name: "iris", apis, ...options };
}

/** A service whose one api, `one`, has these options beside the right ones. */
export function withApi(options: Options): Options {
  return withOptions({ apis: ({ api }: AnyDefiners) => ({ one: api({ ...API, ...options }) }) });
}

/** As {@link withApi}, for a batch called `many`. */
export function withBatch(options: Options): Options {
  return withOptions({
    apis: ({ batch }: AnyDefiners) => ({ many: batch({ ...BATCH, ...options }) }),
  });
}
