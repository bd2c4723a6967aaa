/**
 * Deletes a stack and waits until it is gone.
 *
 * @module
 */
import { BentoError } from "../../core/bento-error.ts";
import type { OnProgress } from "../../core/progress.ts";
import type { StackWaiting } from "./deploy-stack.ts";
import type { AwsSession } from "./session.ts";

export interface DestroyStackOptions extends StackWaiting {
  readonly stackName: string;
  /** The bento that the stack is of: one labelled with another is never deleted. */
  readonly bentoName: string;
  readonly onProgress: OnProgress;
  readonly signal?: AbortSignal | undefined;
}

export interface RetainedResource {
  readonly logicalId: string;
  readonly resourceType: string;
  readonly physicalId: string;
}

export interface DestroyedStack {
  /** False when there was none. */
  readonly isChanged: boolean;
  /** What the template says is kept. */
  readonly retained: readonly RetainedResource[];
}

/**
 * Succeeds where there is none.
 *
 * @throws BentoError BENTO_CONFLICT when the stack is another bento's, BENTO_UNREACHABLE with the resource that could not
 * be deleted
 */
export async function destroyStack(
  session: AwsSession,
  options: DestroyStackOptions,
): Promise<DestroyedStack> {
  throw new BentoError("BENTO_BUG", `not there yet: ${session.region} ${options.stackName}`);
}
