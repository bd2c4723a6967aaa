/**
 * Sends an image from the layout on this machine to its repository in ECR, with what is attached to it.
 *
 * @module
 */
import { BentoError } from "../../core/bento-error.ts";
import type { Digest } from "../../core/digest.ts";
import type { OnProgress } from "../../core/progress.ts";
import type { PushedImage } from "../../oci/registry/push-image.ts";
import type { AwsSession } from "./session.ts";

export interface PushToEcrOptions {
  /** E.g. `bento/iris`; it is there. */
  readonly repository: string;
  /** Layout that has the image: `homeImages(context.home)`. Absolute. */
  readonly layoutDirectory: string;
  readonly digest: Digest;
  /** The bento's version, and others. */
  readonly tags: readonly string[];
  readonly onProgress: OnProgress;
  readonly signal?: AbortSignal | undefined;
}

export interface PushedToEcr extends PushedImage {
  /** How functions name it: ECR's own host, by digest. */
  readonly uri: string;
  /** Documents about the image that are there now. */
  readonly attachments: number;
}

/**
 * @throws BentoError BENTO_NOT_FOUND when the layout lacks the image, BENTO_CONFLICT when a tag is of another image,
 * BENTO_UNREACHABLE
 */
export async function pushToEcr(
  session: AwsSession,
  options: PushToEcrOptions,
): Promise<PushedToEcr> {
  throw new BentoError("BENTO_BUG", `not there yet: ${session.region} ${options.repository}`);
}
