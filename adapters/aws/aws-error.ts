/**
 * Each call to AWS goes through here, so that whatever the SDK throws becomes one BentoError. The SDK's own error stays
 * as its cause, and what AWS calls it can be asked for.
 *
 * @module
 */
import { BentoError } from "../../core/bento-error.ts";
import { translateAwsError } from "./aws-refusal.ts";

/** Who asks, for hints and for stopping. An `AwsSession` is one. */
export interface AwsCaller {
  readonly platform: string;
  readonly deployment?: string | undefined;
  readonly region: string;
  /** Undefined as long as AWS was not asked. */
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
 * @throws BentoError BENTO_NOT_FOUND, BENTO_CONFLICT, BENTO_PLATFORM where AWS says no, BENTO_UNREACHABLE where it does not
 * answer; the SDK's error is the cause. The signal's own reason when it was stopped.
 */
export async function awsCall<Value>(
  caller: AwsCaller,
  request: AwsRequest,
  call: (options: AwsCallOptions) => Promise<Value>,
): Promise<Value> {
  const { signal } = caller;
  signal?.throwIfAborted();
  try {
    return await call(signal === undefined ? {} : { abortSignal: signal });
  } catch (error) {
    signal?.throwIfAborted();
    throw BentoError.isInstance(error) ? error : translateAwsError(error, caller, request);
  }
}

/** Like `awsCall`, with undefined for what AWS says is not there. */
export async function awsFind<Value>(
  caller: AwsCaller,
  request: AwsRequest,
  call: (options: AwsCallOptions) => Promise<Value>,
): Promise<Value | undefined> {
  try {
    return await awsCall(caller, request, call);
  } catch (error) {
    if (BentoError.isInstance(error) && error.code === "BENTO_NOT_FOUND") {
      return undefined;
    }
    throw error;
  }
}

/**
 * Whether an error, or what it was caused by, is one of AWS's of these names.
 *
 * @param names - e.g. `ResourceNotFoundException`; the ending `Exception` does not matter, as services differ in it
 */
export function isAwsError(error: unknown, ...names: readonly string[]): boolean {
  const wanted = new Set(names.map(bareName));
  for (let one = error; one instanceof Error; one = one.cause) {
    if (wanted.has(bareName(one.name))) {
      return true;
    }
  }
  return false;
}

/** Whether AWS said that the caller may not. */
export function isAccessDenied(error: unknown): boolean {
  return isAwsError(error, "AccessDenied", "UnauthorizedOperation", "NotAuthorized");
}

function bareName(name: string): string {
  return name.replace(/(?:Exception|Fault)$/, "");
}
