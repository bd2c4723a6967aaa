/**
 * Which rows of different lengths may share a batch: lengths of one bucket differ by less than a factor of 1.4, so that
 * at most that much of a batch is padding.
 *
 * @module
 */

/** Within the 1.3 to 1.5 that keep both padding and the number of queues low. */
const RATIO = 1.4;

/** Below it lengths are all alike: what they cost is the call. */
const SHORTEST = 8;

/** @param length - along the padded axis, from 0 @returns 0, 1, 2 … as lengths grow */
export function lengthBucket(length: number): number {
  return length <= SHORTEST ? 0 : Math.ceil(Math.log(length / SHORTEST) / Math.log(RATIO));
}
