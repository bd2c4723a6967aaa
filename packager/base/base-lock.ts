/**
 * `bento.lock`: what each tag of a base meant when it was first used, so that builds repeat until somebody decides
 * otherwise. It is committed beside bentofile.yaml.
 *
 * @module
 */
import { readFile } from "node:fs/promises";
import * as z from "zod";
import { BentoError } from "../../core/bento-error.ts";
import { canonicalJson } from "../../core/canonical-json.ts";
import { Digest } from "../../core/digest.ts";
import { formatImageRef, type ImageRef } from "../../core/image-ref.ts";
import { type OnProgress, silent } from "../../core/progress.ts";
import { withFileLock } from "../../oci/file-lock.ts";
import { replaceFile } from "../../oci/replace-file.ts";

const BaseLock = z.strictObject({
  schema: z.literal(1).describe("Version of this format."),
  bases: z
    .record(z.string(), Digest)
    .describe("What each base's name stands for, an index or an image."),
  packages: z
    .record(z.string(), Digest)
    .optional()
    .describe("Digests of packages that are fetched by name and version."),
});
type BaseLock = z.infer<typeof BaseLock>;

export interface LockBaseOptions {
  /** Path of bento.lock; made when absent. */
  readonly file: string;
  /** Without a digest. */
  readonly reference: ImageRef;
  /**
   * Whether to take what the tag means now.
   *
   * @default false
   */
  readonly update?: boolean;
  /** Asks the registry what the tag means now; once and briefly where the answer is for a notice only. */
  readonly resolve: (need: "notice" | "build") => Promise<Digest>;
  readonly onProgress?: OnProgress;
}

/**
 * The digest to build on: the one that is written down, otherwise the registry's, which is written down then. A tag
 * that has moved since is told; without an answer from the registry nothing is.
 *
 * @throws BentoError BENTO_INVALID_INPUT for a file that is none of ours; what `resolve` throws when its answer is needed
 */
export async function lockBase(options: LockBaseOptions): Promise<Digest> {
  const { file, reference, update = false, resolve, onProgress = silent } = options;
  const name = formatImageRef(reference);
  const locked = (await readLock(file)).bases[name];
  if (locked !== undefined && !update) {
    const now = await resolve("notice").catch(() => locked);
    if (now !== locked) {
      const message = `${name} means ${now} by now; building on ${locked} of bento.lock (--update-lock takes the new one)`;
      onProgress({ kind: "notice", message });
    }
    return locked;
  }
  const digest = await resolve("build");
  if (digest !== locked) {
    await withFileLock(`${file}.tmp`, async () => {
      const lock = await readLock(file);
      await writeLock(file, { ...lock, bases: { ...lock.bases, [name]: digest } });
    });
    onProgress({ kind: "notice", message: `bento.lock: ${name} is ${digest}` });
  }
  return digest;
}

/**
 * Digest of a package as it is written down.
 *
 * @returns undefined when it was never fetched for this project
 */
export async function lockedPackage(file: string, name: string): Promise<Digest | undefined> {
  return (await readLock(file)).packages?.[name];
}

/** Writes down the digest of a package that was fetched. */
export async function lockPackage(file: string, name: string, digest: Digest): Promise<void> {
  await withFileLock(`${file}.tmp`, async () => {
    const lock = await readLock(file);
    if (lock.packages?.[name] !== digest) {
      await writeLock(file, { ...lock, packages: { ...lock.packages, [name]: digest } });
    }
  });
}

async function readLock(file: string): Promise<BaseLock> {
  const text = await readFile(file, "utf8").catch(() => undefined);
  if (text === undefined) {
    return { schema: 1, bases: {} };
  }
  try {
    return BaseLock.parse(JSON.parse(text));
  } catch (error) {
    throw new BentoError("BENTO_INVALID_INPUT", "not a lock file of bases", {
      where: file,
      hint: "restore it from version control, or delete it: the next build writes it anew",
      cause: error,
    });
  }
}

async function writeLock(file: string, lock: BaseLock): Promise<void> {
  try {
    await replaceFile(file, `${canonicalJson(lock, 2)}\n`);
  } catch (error) {
    throw new BentoError("BENTO_IO", "cannot write bento.lock", {
      where: file,
      hint: "it belongs beside bentofile.yaml; make that folder writable",
      cause: error,
    });
  }
}
