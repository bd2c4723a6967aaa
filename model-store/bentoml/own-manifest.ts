/**
 * Our manifest in an archive that we wrote for BentoML: what its model.yaml cannot say comes back from there. It is
 * taken only for the model that model.yaml names, and checked like anything that a user gives.
 *
 * @module
 */
import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { ModelManifest } from "../../core/model-manifest.ts";
import type { ExactTag } from "../../core/tag.ts";
import type { SaveModelOptions } from "../save-model.ts";

export const OWN_MANIFEST = "model.json";
/** Signatures and metadata make it a few kilobytes. */
const LIMIT_BYTES = 1024 * 1024;

/** What it decides of a registration. */
export type OwnManifest = Required<Pick<SaveModelOptions, "framework" | "signatures" | "metadata">>;

/** @returns undefined where there is none, or one of another model */
export async function readOwnManifest(
  folder: string,
  { name, version }: ExactTag,
): Promise<OwnManifest | undefined> {
  const path = join(folder, OWN_MANIFEST);
  try {
    if ((await stat(path)).size > LIMIT_BYTES) {
      return undefined;
    }
    const manifest = ModelManifest.parse(JSON.parse(await readFile(path, "utf8")));
    if (manifest.name !== name || manifest.version !== version) {
      return undefined;
    }
    const { framework, metadata } = manifest;
    return { framework, metadata, signatures: asGiven(manifest) };
  } catch {
    return undefined; // somebody else's file of that name
  }
}

/** Padding stands with its mask in a manifest, apart where a user gives it. */
function asGiven({ signatures }: ModelManifest): NonNullable<OwnManifest["signatures"]> {
  return Object.fromEntries(
    Object.entries(signatures).map(([name, { padding, ...rest }]) => [
      name,
      { ...rest, padding: padding?.values, mask: padding?.mask },
    ]),
  );
}
