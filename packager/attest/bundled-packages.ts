/**
 * The npm packages inside a bundle, as the bento keeps them in `env/components.json`: no file of theirs is left as it
 * was, so this list is all that tells of them.
 *
 * @module
 */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import * as z from "zod";
import { BentoError } from "../../core/bento-error.ts";
import type { BentoManifest } from "../../core/bento-manifest.ts";
import { digestOf } from "../../core/digest.ts";
import { packageFacts } from "./package-facts.ts";

export const BundledPackage = z.strictObject({
  name: z.string(),
  version: z.string(),
  license: z.string().optional().describe("As the package says."),
});
export type BundledPackage = z.infer<typeof BundledPackage>;

/** Where a bento keeps the list. */
export const COMPONENTS_FILE = "env/components.json";

/** Reads package.json in each of the folders; the same package at two versions is there twice. */
export async function bundledPackages(folders: Iterable<string>): Promise<BundledPackage[]> {
  const found = new Map<string, BundledPackage>();
  for (const folder of folders) {
    const { name, version, license } = packageFacts(
      await readFile(join(folder, "package.json"), "utf8"),
    );
    if (name !== undefined && version !== undefined) {
      const one = { name, version, ...(license === undefined ? {} : { license }) };
      found.set(`${name}@${version}`, one);
    }
  }
  return [...found].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, one]) => one);
}

/**
 * The list that a bento keeps; empty for one that was built before there was such a list.
 *
 * @throws BentoError BENTO_INTEGRITY when the file is not what the bento's manifest says
 */
export async function readBundledPackages(
  directory: string,
  manifest: BentoManifest,
): Promise<BundledPackage[]> {
  const file = manifest.files.find(({ path }) => path === COMPONENTS_FILE);
  if (file === undefined) {
    return [];
  }
  const where = join(directory, COMPONENTS_FILE);
  const text = await readFile(where, "utf8").catch(() => "");
  const list = digestOf(text) === file.digest ? parseList(text) : undefined;
  if (list === undefined) {
    throw new BentoError(
      "BENTO_INTEGRITY",
      "not the list of packages that the bento was built with",
      {
        where,
        hint: "build or import the bento again",
      },
    );
  }
  return list;
}

function parseList(text: string): BundledPackage[] | undefined {
  try {
    return z.array(BundledPackage).safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}
