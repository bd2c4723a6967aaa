/**
 * Waits until CloudFormation has ended its work on a stack, telling what happens to its resources. The wait has an end:
 * a deadline, or the signal; CloudFormation itself goes on then, and a later deploy attaches to it.
 *
 * @module
 */
import { setTimeout as sleep } from "node:timers/promises";
import { BentoError } from "../../core/bento-error.ts";
import type { OnProgress } from "../../core/progress.ts";
import type { AwsSession } from "./session.ts";
import { type EventWords, type ResourceEvent, readEvents, tellEvents } from "./stack-events.ts";
import { describeStack, type StackSummary } from "./stacks.ts";

/** How long waits last. */
export interface StackWaiting {
  /** Longest wait for CloudFormation, in milliseconds. @default an hour */
  readonly deadlineMs?: number | undefined;
  /** Pause before the second look, in milliseconds; grows to ten times that while nothing happens. @default 500 */
  readonly pollMs?: number | undefined;
}

export interface WatchOptions extends StackWaiting, EventWords {
  /** The newest event that is not of this work. */
  readonly since: string | undefined;
  readonly onProgress: OnProgress;
}

export interface Watched {
  /** As it stands at the end; a deleted one has the state DELETE_COMPLETE. */
  readonly stack: StackSummary;
  /** What happened, oldest first. */
  readonly events: readonly ResourceEvent[];
}

const DEADLINE_MS = 60 * 60 * 1000;
const POLL_MS = 500;
const SLOWEST = 10;
/** Right after a change began, CloudFormation may show the state before it: then events of the stack are missing too. */
const LOOKS_FOR_BEGIN = 4;

/**
 * @param stack - the one that is worked on
 * @throws BentoError BENTO_INTERRUPTED when the session's signal stops the wait, BENTO_PLATFORM at the deadline
 */
export async function watchStack(
  session: AwsSession,
  stack: StackSummary,
  options: WatchOptions,
): Promise<Watched> {
  const { deadlineMs = DEADLINE_MS, pollMs = POLL_MS } = options;
  const deadline = AbortSignal.timeout(deadlineMs);
  const signals = session.signal === undefined ? [deadline] : [session.signal, deadline];
  const signal = AbortSignal.any(signals);
  const limited = { ...session, signal };
  const reader = readEvents(limited, stack.id, options.since);
  const tell = tellEvents(options.onProgress, options);
  const events: ResourceEvent[] = [];
  try {
    let pause = pollMs;
    for (let looks = 1; ; looks += 1) {
      // the state first: when it is the last one, all events are there to be read
      const now = (await describeStack(limited, stack.id)) ?? {
        ...stack,
        status: "DELETE_COMPLETE",
      };
      const more = await reader.next();
      more.forEach(tell);
      events.push(...more);
      const hasBegun = events.some(({ isStack }) => isStack) || looks >= LOOKS_FOR_BEGIN;
      if (hasBegun && !now.status.endsWith("_IN_PROGRESS")) {
        return { stack: now, events };
      }
      pause = more.length > 0 ? pollMs : Math.min(pause * 1.5, pollMs * SLOWEST);
      await sleep(pause, undefined, { signal });
    }
  } catch (error) {
    throw signal.aborted ? stopped(session, stack, { deadline, deadlineMs }) : error;
  }
}

interface Limit {
  readonly deadline: AbortSignal;
  readonly deadlineMs: number;
}

function stopped(
  { region, signal }: AwsSession,
  { name, id }: StackSummary,
  { deadline, deadlineMs }: Limit,
): BentoError {
  const look = `aws cloudformation describe-stack-events --stack-name ${name} --region ${region}`;
  const cause: unknown = signal?.aborted === true ? signal.reason : deadline.reason;
  return signal?.aborted === true
    ? new BentoError("BENTO_INTERRUPTED", `stopped waiting: CloudFormation goes on with ${name}`, {
        where: id,
        hint: `look with ${look}; the same command again waits for it`,
        cause,
      })
    : new BentoError(
        "BENTO_PLATFORM",
        `CloudFormation still works on ${name} after ${Math.round(deadlineMs / 60_000)} min`,
        { where: id, hint: `look with ${look}; the same command again goes on waiting`, cause },
      );
}
