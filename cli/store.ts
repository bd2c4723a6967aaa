/**
 * Opens the store that a command works on: `--store`, else `BENTO_STORE`, else the local one under `BENTO_HOME`.
 *
 * @module
 */
import { join, resolve } from "node:path";
import type { Store } from "../model-store/store.ts";
import { type CliContext, homeOf } from "./context.ts";

/** Describes `--store` the same way on each command that has it. */
export const STORE_OPTION = [
  "--store <url>",
  "store to work on (default: BENTO_STORE, else the local one)",
] as const;

export async function storeOf(context: CliContext, url: string | undefined): Promise<Store> {
  const { openStore } = await import("../model-store/open-store.ts");
  const given = url ?? context.environment["BENTO_STORE"];
  const isPath = given !== undefined && given !== "" && !/^[a-z][a-z0-9+.-]+:/i.test(given);
  // a folder is the user's: relative to where the command runs
  return openStore({
    home: homeOf(context),
    url: isPath ? resolve(context.cwd, given) : given,
    environment: context.environment,
  });
}

/** Where bentos and models are unpacked to run; safe to delete. */
export function cacheOf(context: CliContext): string {
  return join(homeOf(context), "cache");
}
