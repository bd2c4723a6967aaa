/**
 * Names the parts of a bundle by their content. The bundler's own names depend on where the project lies, and each name
 * stands in other parts, so that they would tell machines apart.
 *
 * @module
 */
import { createHash } from "node:crypto";

/** `chunk-HNGIRSZL.js`, and the same name wherever it stands. */
const PART = /([A-Za-z0-9_.-]+?)-([A-Z0-9]{8})(?=\.js\b)/g;

const HASH_LENGTH = 8;

/**
 * @param files - by path; parts are those called `NAME-HASH.js`, with their `.map`
 * @returns the same files, parts renamed in their paths and wherever they are named
 */
export function stableNames(
  files: ReadonlyMap<string, Uint8Array>,
): ReadonlyMap<string, Uint8Array> {
  const texts = new Map([...files].map(([path, bytes]) => [path, Buffer.from(bytes).toString()]));
  const parts = [...texts.keys()].filter(
    (path) => path.endsWith(".js") && nameOf(path) !== undefined,
  );
  // at first all parts of a name are one; each round tells those apart that name others, until none are left to tell
  let names = new Map(parts.map((path) => [nameOf(path) ?? "", baseOf(path)]));
  for (let round = 0; round < parts.length + 1; round += 1) {
    const before = names;
    names = new Map(
      parts.map((path) => {
        const text = renamed(texts.get(path) ?? "", before);
        return [nameOf(path) ?? "", `${baseOf(path)}-${hashOf(text)}`];
      }),
    );
  }
  return new Map(
    [...texts].map(([path, text]) => [renamed(path, names), Buffer.from(renamed(text, names))]),
  );
}

/** `chunk-HNGIRSZL` of its path, undefined for what is no part. */
function nameOf(path: string): string | undefined {
  return path.match(PART)?.[0];
}

function baseOf(path: string): string {
  return (nameOf(path) ?? "").slice(0, -HASH_LENGTH - 1);
}

function renamed(text: string, names: ReadonlyMap<string, string>): string {
  return text.replaceAll(PART, (name) => names.get(name) ?? name);
}

function hashOf(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, HASH_LENGTH).toUpperCase();
}
