/**
 * Work on the blobs of an image: several at once, and one after the other once the registry falters.
 *
 * @module
 */
import type { Descriptor } from "../manifest.ts";
import { eachParallel } from "../parallel.ts";
import { passingReason } from "./retry.ts";

/**
 * @param limit - most blobs worked on at once
 * @param work - may be called twice for a blob whose first failure is one that time may mend
 */
export async function eachBlob(
  blobs: readonly Descriptor[],
  limit: number,
  work: (blob: Descriptor) => Promise<void>,
): Promise<void> {
  const left: Descriptor[] = [];
  await eachParallel(blobs, limit, async (blob) => {
    if (left.length > 0) {
      left.push(blob);
      return;
    }
    try {
      await work(blob);
    } catch (error) {
      if (passingReason(error) === undefined) {
        throw error;
      }
      left.push(blob);
    }
  });
  // what a registry does not bear at once it may bear one after the other
  for (const blob of left) {
    await work(blob);
  }
}
