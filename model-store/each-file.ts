/**
 * Work on the files of a version: small ones several at a time, since there it is the way to the store that takes the
 * time, large ones alone, since each is carried in many pieces at once already.
 *
 * @module
 */
import type { StoredFile } from "../core/model-manifest.ts";

/** Longest that is small, in bytes: as much as S3 is given in one request. */
const SMALL_BYTES = 8 * 1024 * 1024;

const AT_ONCE = 4;

/**
 * Runs the work for every file and waits for all that was begun.
 *
 * @throws the first failure; no further file is begun after it
 */
export async function eachFile<File extends Pick<StoredFile, "size">>(
  files: readonly File[],
  work: (file: File) => Promise<void>,
): Promise<void> {
  const small = files.filter(({ size }) => size <= SMALL_BYTES).values();
  let failure: { readonly error: unknown } | undefined;
  const lane = async () => {
    for (const file of small) {
      if (failure === undefined) {
        await work(file).catch((error: unknown) => {
          failure ??= { error };
        });
      }
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, lane));
  if (failure !== undefined) {
    throw failure.error;
  }
  for (const file of files) {
    if (file.size > SMALL_BYTES) {
      await work(file);
    }
  }
}
