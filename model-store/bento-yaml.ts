/**
 * `bento.yaml`, the manifest as people read it. The same manifest is always the same text.
 *
 * @module
 */
import { BentoManifest } from "../core/bento-manifest.ts";
import { canonicalJson } from "../core/canonical-json.ts";

/** The manifest's text: keys in the order of the schema, names of the user's sorted. */
export async function formatBentoYaml(manifest: BentoManifest): Promise<string> {
  const { stringify } = await import("yaml");
  // sorted first, so that what the schema does not order is in order too
  const ordered = BentoManifest.parse(JSON.parse(canonicalJson(manifest)));
  return stringify(ordered, { lineWidth: 0, aliasDuplicateObjects: false });
}

/**
 * Reads a manifest's text.
 *
 * @returns undefined when it is no manifest
 */
export async function parseBentoYaml(text: string): Promise<BentoManifest | undefined> {
  const { parse } = await import("yaml");
  try {
    return BentoManifest.parse(parse(text));
  } catch {
    return undefined;
  }
}
