/**
 * What a service stand-in is asked and what it answers, whatever protocol the client speaks.
 *
 * @module
 */

import type { Requirements } from "./policy/required-permissions.ts";

/** Members of a request or an answer, as the service's API reference names them. */
export type Members = Readonly<Record<string, unknown>>;

/** One call as tests read it. */
export interface AwsCall {
  /** As in the signature's scope: `lambda`, `ecr`, `cloudformation`, … */
  readonly service: string;
  /** As the API reference calls it: `UpdateFunctionCode`. */
  readonly action: string;
  /** Whether it may change anything. */
  readonly isWrite: boolean;
  readonly parameters: Members;
}

/** Who calls. */
export interface Principal {
  readonly accessKeyId: string;
  readonly arn: string;
  readonly userId: string;
  /** What it may do. @default everything */
  readonly policy?: unknown;
}

/** The HTTP request behind a call, for what is passed on as it is. */
export interface RawRequest {
  readonly method: string;
  /** With the query. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

export interface AwsRequest extends AwsCall {
  readonly region: string;
  readonly principal: Principal;
  /** The service that calls on behalf of the caller, e.g. `cloudformation.amazonaws.com`. */
  readonly calledVia?: string;
  /** Absent where a service calls another. */
  readonly raw?: RawRequest;
}

export interface AwsReply {
  /** @default 200 */
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Written in the protocol of the call. */
  readonly members?: Members;
  /** Sent as they are instead of members. */
  readonly bytes?: Uint8Array;
}

/** A service behind the gateway; a plain one is enough to add another. */
export interface AwsService {
  /** As in the signature's scope. */
  readonly name: string;
  handle(request: AwsRequest): Promise<AwsReply>;
  /** What its calls need. @default each its action on `*`, unless the stand-ins know better */
  readonly requirements?: Requirements;
}

/** A service's refusal, as it goes to the client. */
export class AwsFailure extends Error {
  readonly code: string;
  readonly status: number;
  readonly members: Members;
  constructor(code: string, message: string, status = 400, members: Members = {}) {
    super(message);
    this.name = "AwsFailure";
    this.code = code;
    this.status = status;
    this.members = members;
  }
}

const READS =
  /^(?:Get|List|Describe|BatchGet|BatchCheck|Filter|Validate|Lookup|Simulate|Invoke|Head)/;

/** @param action - `UpdateFunctionCode` */
export function isWrite(action: string): boolean {
  return !READS.test(action);
}
