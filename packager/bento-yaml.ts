/**
 * `bento.yaml`, the manifest as people read it. Writing is deterministic; reading proves the version.
 *
 * @module
 */
import { parse, stringify } from "yaml";
import { BentoError } from "../core/bento-error.ts";
import { BentoManifest } from "../core/bento-manifest.ts";
import { contentVersion } from "../core/model-manifest.ts";

/** The manifest's text; keys in the order of the schema. */
export function formatBentoYaml(manifest: BentoManifest): string {
  const ordered = Object.fromEntries(
    Object.keys(BentoManifest.shape).map((key) => [
      key,
      Object.entries(manifest).find(([name]) => name === key)?.[1],
    ]),
  );
  return stringify(ordered, { lineWidth: 0, aliasDuplicateObjects: false });
}

/**
 * @param where - the file or archive, for messages
 * @throws BentoError BENTO_INVALID_INPUT when it is no manifest, BENTO_INTEGRITY when its version is not that of its content
 */
export function parseBentoYaml(text: string, where: string): BentoManifest {
  const parsed = BentoManifest.safeParse(parse(text));
  if (!parsed.success) {
    const problems = parsed.error.issues.map(
      (issue) => `${issue.path.join(".")}: ${issue.message}`,
    );
    throw new BentoError("BENTO_INVALID_INPUT", `not a bento.yaml:\n${problems.join("\n")}`, {
      where,
      hint: "build the bento again with bento build",
    });
  }
  const expected = bentoVersion(parsed.data);
  if (expected !== parsed.data.version) {
    throw new BentoError(
      "BENTO_INTEGRITY",
      `the bento says version ${parsed.data.version}, its content is ${expected}`,
      { where, hint: "the file was changed after the build; build it again" },
    );
  }
  return parsed.data;
}

/** The version that a bento's content gives it. */
export function bentoVersion(manifest: Omit<BentoManifest, "version">): string {
  const { version: _, ...content } = { version: "", ...manifest };
  return contentVersion(content);
}
