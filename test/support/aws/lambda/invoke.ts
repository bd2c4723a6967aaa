/**
 * Lambda's Invoke: finds the version that a qualifier stands for, hands the event to what runs it, and answers as AWS
 * does, function errors with 200 and a header.
 *
 * @module
 */
import { randomUUID } from "node:crypto";
import { AwsFailure, type AwsReply, type AwsRequest, type Members } from "../aws-call.ts";
import { textOf } from "../members.ts";
import { versionOf } from "./function-name.ts";
import type { FunctionState, VersionState } from "./function-state.ts";
import type { LambdaContext } from "./lambda-context.ts";

/** What a function's code made of an event. */
export interface Outcome {
  readonly payload: string;
  /** `Unhandled` where the code failed. */
  readonly error?: string;
  /** Lines of its log, the last 4 KB of which a caller may ask for. */
  readonly log?: string;
}

export interface Invocation {
  readonly found: FunctionState;
  readonly version: VersionState;
  /** As the code is told: with the qualifier that was asked for. */
  readonly arn: string;
  /** JSON. */
  readonly payload: string;
  readonly requestId: string;
}

/** Runs versions of functions. */
export interface Invoker extends AsyncDisposable {
  invoke(invocation: Invocation): Promise<Outcome>;
  /** Ends what runs for a function or one of its versions. */
  stop(arn: string): void;
}

const MAX_BYTES = 6_291_456;
const MAX_LOG = 4096;

export async function invoke(
  parameters: Members,
  { raw }: AwsRequest,
  { context, invoker }: { context: LambdaContext; invoker: Invoker },
): Promise<AwsReply> {
  const { found, qualifier } = context.find(parameters);
  const version = versionOf(found, qualifier, Math.random());
  checkInvocable(found, version);
  const requestId = randomUUID();
  const payload = textOf(parameters, "Payload") ?? "";
  if (Buffer.byteLength(payload) > MAX_BYTES) {
    throw new AwsFailure(
      "RequestTooLargeException",
      `Request must be smaller than ${MAX_BYTES} bytes for the InvokeFunction operation`,
      413,
    );
  }
  const type = raw?.headers["x-amz-invocation-type"] ?? "RequestResponse";
  if (type === "DryRun") {
    return { status: 204, bytes: Buffer.alloc(0) };
  }
  const arn = qualifier === undefined ? found.arn : `${found.arn}:${qualifier}`;
  const event = { found, version, arn, payload: payload === "" ? "{}" : payload, requestId };
  const outcome = await invoker.invoke(event);
  if (type === "Event") {
    return { status: 202, bytes: Buffer.alloc(0) };
  }
  const wantsLog = raw?.headers["x-amz-log-type"] === "Tail";
  return {
    status: 200,
    headers: {
      "content-type": "application/json",
      "x-amz-executed-version": version.version,
      ...(outcome.error === undefined ? {} : { "x-amz-function-error": outcome.error }),
      ...(wantsLog ? { "x-amz-log-result": tailOf(outcome.log ?? "") } : {}),
    },
    bytes: Buffer.from(outcome.payload),
  };
}

function checkInvocable({ arn, concurrency }: FunctionState, { state }: VersionState): void {
  if (state === "Pending") {
    throw new AwsFailure(
      "ResourceConflictException",
      `The operation cannot be performed at this time. The function is currently in the following state: Pending`,
      409,
      { Type: "User" },
    );
  }
  if (concurrency === 0) {
    throw new AwsFailure("TooManyRequestsException", `Rate Exceeded. (${arn})`, 429, {
      Reason: "ReservedFunctionConcurrentInvocationLimitExceeded",
    });
  }
}

function tailOf(log: string): string {
  return Buffer.from(log).subarray(-MAX_LOG).toString("base64");
}
