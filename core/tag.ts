/**
 * Names for stored things: `iris:3f2a9c` is a model or a bento at one version, `iris` its latest.
 * A tag is only the name; which version it means is the store's to say.
 *
 * @module
 */
import { BentoError } from "./bento-error.ts";

/** `version` is as typed: an exact version, an alias, `latest`, or the start of a content-derived version. */
export interface Tag {
  readonly name: string;
  readonly version?: string;
}

/** A tag whose version is exact. What is stored never carries anything else. */
export interface ExactTag {
  readonly name: string;
  readonly version: string;
}

/** The rule for each part: 1–63 of `a-z 0-9 . _ -`, alphanumeric at both ends. */
export const TAG_PART = /^[a-z0-9](?:[a-z0-9._-]{0,61}[a-z0-9])?$/;

/** The word that always means the version most recently registered; no version or alias may be called so. */
export const LATEST = "latest";

/**
 * Reads `name` or `name:version`.
 *
 * @param text - as typed
 * @throws BentoError BENTO_INVALID_INPUT when either part breaks the rule
 */
export function parseTag(text: string): Tag {
  const [name = "", version, ...rest] = text.split(":");
  const parts = version === undefined ? [name] : [name, version];
  if (rest.length > 0 || parts.some((part) => !TAG_PART.test(part))) {
    throw new BentoError("BENTO_INVALID_INPUT", `not a tag: ${JSON.stringify(text)}`, {
      hint: `write it as name or name:version, each part 1 to 63 of a-z 0-9 . _ -, e.g. ${suggestTag(text)}`,
    });
  }
  return version === undefined ? { name } : { name, version };
}

/** Writes a tag so that `parseTag` reads the same one. */
export function formatTag(tag: Tag): string {
  return tag.version === undefined ? tag.name : `${tag.name}:${tag.version}`;
}

function suggestTag(text: string): string {
  const [name = "", version = ""] = text.split(":").map((part) =>
    part
      .toLowerCase()
      .replace(/[^a-z0-9._-]+/g, "_")
      .replace(/^[^a-z0-9]+/, "")
      .slice(0, 63)
      .replace(/[^a-z0-9]+$/, ""),
  );
  if (name === "") {
    return "iris:v3";
  }
  return version === "" ? name : `${name}:${version}`;
}
