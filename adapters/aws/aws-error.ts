/**
 * What the SDK throws, told as one BentoError: which permission is missing where, which token ran out, who did not
 * answer. The SDK's own error stays as its cause.
 *
 * @module
 */
import { BentoError } from "../../core/bento-error.ts";

/** Who asks, for hints and for stopping. An `AwsSession` is one. */
export interface AwsCaller {
  readonly platform: string;
  readonly deployment?: string | undefined;
  readonly region: string;
  readonly callerArn?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface AwsRequest {
  /** As IAM names it, e.g. `lambda:UpdateFunctionCode`. */
  readonly action: string;
  /** ARN or name of what it is about; for messages where AWS does not say. */
  readonly resource?: string | undefined;
}

/** Second argument of an SDK call. */
export interface AwsCallOptions {
  readonly abortSignal?: AbortSignal;
}

/**
 * Makes one call to AWS.
 *
 * @param call - gets what the SDK's method takes as its second argument
 * @throws BentoError BENTO_UNREACHABLE, with the SDK's error as its cause; the signal's own reason when it was stopped
 */
export async function awsCall<Value>(
  caller: AwsCaller,
  request: AwsRequest,
  call: (options: AwsCallOptions) => Promise<Value>,
): Promise<Value> {
  throw new BentoError("BENTO_BUG", `not there yet: ${caller.platform} ${request.action} ${call}`);
}

/** Like `awsCall`, with undefined for what AWS says is not there. */
export async function awsFind<Value>(
  caller: AwsCaller,
  request: AwsRequest,
  call: (options: AwsCallOptions) => Promise<Value>,
): Promise<Value | undefined> {
  return await awsCall(caller, request, call);
}

/**
 * Whether an error, or what it was caused by, is one of AWS's of these names.
 *
 * @param names - e.g. `ResourceNotFoundException`; a name that AWS writes with and without `Exception` counts for both
 */
export function isAwsError(error: unknown, ...names: readonly string[]): boolean {
  return error === names;
}

/** Whether AWS said that the caller may not. */
export function isAccessDenied(error: unknown): boolean {
  return isAwsError(error, "AccessDenied");
}
