/**
 * Deleting what is gone already is no failure.
 *
 * @module
 */
import { AwsFailure } from "../aws-call.ts";

const MISSING = /NotFound|NoSuch/;

/** @throws whatever else the call throws */
export async function ignoreMissing(call: Promise<unknown>): Promise<void> {
  await call.catch((error: unknown) => {
    if (!(error instanceof AwsFailure) || !MISSING.test(error.code)) {
      throw error;
    }
  });
}
