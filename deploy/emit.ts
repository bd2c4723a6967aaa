/**
 * Writes what a user can keep: the platform's own deployment files, which need nothing of ours to deploy.
 *
 * @module
 */
import { mkdir, readdir, rename, rm, writeFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { BentoError } from "../core/bento-error.ts";
import { type DeployRequest, prepare } from "./plan.ts";
import { contextOf } from "./records.ts";
import type { DeployRuntime } from "./runtime.ts";

export interface Emitted {
  /** Absolute. */
  readonly directory: string;
  /** Relative, sorted. */
  readonly files: readonly string[];
}

/**
 * @param directory - made; may be there when it is empty
 * @throws BentoError BENTO_UNSUPPORTED where the platform has nothing to write; BENTO_MISSING_PEER when its library is
 * not installed; BENTO_CONFLICT when the directory is not empty
 */
export async function emitDeployment(
  request: Omit<DeployRequest, "purpose">,
  directory: string,
  runtime: DeployRuntime,
): Promise<Emitted> {
  const { adapter, desired, key } = await prepare({ ...request, purpose: "emit" }, runtime);
  const target = resolve(runtime.projectDirectory, directory);
  await refuseOccupied(target);
  const files = await adapter.emit?.(
    desired,
    contextOf(key, { options: desired.options }, runtime),
  );
  if (files === undefined) {
    throw new BentoError("BENTO_BUG", `${adapter.platform} says that it emits and cannot`);
  }
  // All files or none: written beside and moved as one.
  const part = `${target}.part`;
  await rm(part, { recursive: true, force: true });
  for (const { path, text } of files) {
    await mkdir(dirname(join(part, path)), { recursive: true });
    await writeFile(join(part, path), text);
  }
  await rm(target, { recursive: true, force: true });
  await rename(part, target);
  return { directory: target, files: files.map(({ path }) => path).sort() };
}

async function refuseOccupied(directory: string): Promise<void> {
  const found = await readdir(directory).catch((cause: unknown) => {
    if (cause instanceof Error && "code" in cause && cause.code === "ENOENT") {
      return [];
    }
    throw new BentoError("BENTO_IO", `cannot write to ${directory}: ${String(cause)}`, {
      where: "--emit",
      cause,
    });
  });
  if (found.length > 0) {
    throw new BentoError("BENTO_CONFLICT", `the directory is not empty: ${found.sort()[0]}`, {
      where: directory,
      hint: "give a new directory to --emit",
    });
  }
}
