/**
 * Lines of a CloudWatch log group, oldest first, and on as they come.
 *
 * @module
 */
import { BentoError } from "../../core/bento-error.ts";
import type { AwsSession } from "./session.ts";

export interface TailOptions {
  readonly group: string;
  /** Only streams whose names begin so. @default all */
  readonly streamPrefix?: string | undefined;
  /** Lines from the end; all by default. */
  readonly tail?: number | undefined;
  /** Go on until the signal. @default false */
  readonly follow?: boolean | undefined;
  /** Milliseconds since 1970 of the oldest line. @default an hour before now */
  readonly since?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Milliseconds since 1970. @default Date.now */
  readonly now?: (() => number) | undefined;
  /** Rejects when the signal aborts. @default a timer */
  readonly sleep?: ((ms: number, signal: AbortSignal | undefined) => Promise<void>) | undefined;
}

/**
 * @returns lines without their ends; none when the group is not there; ends quietly when the signal stops it
 * @throws BentoError BENTO_UNREACHABLE
 */
export function tailLogGroup(session: AwsSession, options: TailOptions): AsyncGenerator<string> {
  throw new BentoError("BENTO_BUG", `not there yet: ${session.region} ${options.group}`);
}
