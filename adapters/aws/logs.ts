/**
 * Lines of a CloudWatch log group, oldest first, and on as they come.
 *
 * @module
 */
import { setTimeout as pause } from "node:timers/promises";
import type {
  FilteredLogEvent,
  FilterLogEventsCommandInput,
} from "@aws-sdk/client-cloudwatch-logs";
import { formatArn } from "./arn.ts";
import { awsFind } from "./aws-error.ts";
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
  /** @default the session's */
  readonly signal?: AbortSignal | undefined;
  /** Milliseconds since 1970. @default Date.now */
  readonly now?: (() => number) | undefined;
  /** Rejects when the signal aborts. @default a timer */
  readonly sleep?: ((ms: number, signal: AbortSignal | undefined) => Promise<unknown>) | undefined;
}

const HOUR_MS = 60 * 60 * 1000;
const POLL_MS = 2_000;
/** CloudWatch shows some lines later than younger ones: that far back is looked again. */
const LATE_MS = 30_000;

/**
 * @returns lines without their ends; none when the group is not there; ends quietly when the signal stops it
 * @throws BentoError BENTO_PLATFORM, BENTO_UNREACHABLE
 */
export async function* tailLogGroup(
  given: AwsSession,
  options: TailOptions,
): AsyncGenerator<string> {
  const session = { ...given, signal: options.signal ?? given.signal };
  const { now = Date.now, sleep = timer, follow = false } = options;
  const since = options.since ?? now() - HOUR_MS;
  const seen = new Map<string, number>();
  try {
    yield* lastLines(fresh(session, options, { since, seen }), options.tail);
    while (follow) {
      await sleep(POLL_MS, session.signal);
      const newest = Math.max(since, ...seen.values());
      yield* fresh(session, options, { since: Math.max(since, newest - LATE_MS), seen });
      forget(seen, newest - 2 * LATE_MS);
    }
  } catch (error) {
    if (session.signal?.aborted !== true) {
      throw error;
    }
  }
}

interface Look {
  readonly since: number;
  /** Time of each event that was told, by its id. */
  readonly seen: Map<string, number>;
}

/** Lines of events that were not told yet. */
async function* fresh(
  session: AwsSession,
  options: TailOptions,
  { since, seen }: Look,
): AsyncGenerator<string> {
  for await (const { eventId = "", timestamp = 0, message = "" } of events(
    session,
    options,
    since,
  )) {
    if (!seen.has(eventId)) {
      seen.set(eventId, timestamp);
      yield* message.trimEnd().split(/\r?\n/);
    }
  }
}

async function* events(
  session: AwsSession,
  { group, streamPrefix }: TailOptions,
  startTime: number,
): AsyncGenerator<FilteredLogEvent> {
  const client = await session.logs();
  const request = {
    action: "logs:FilterLogEvents",
    resource: formatArn(session, "logs", `log-group:${group}`),
  };
  const input: FilterLogEventsCommandInput = {
    logGroupName: group,
    startTime,
    ...(streamPrefix === undefined ? {} : { logStreamNamePrefix: streamPrefix }),
  };
  let token: string | undefined;
  do {
    const next = token === undefined ? {} : { nextToken: token };
    const answer = await awsFind(session, request, (call) =>
      client.filterLogEvents({ ...input, ...next }, call),
    );
    yield* answer?.events ?? [];
    token = answer?.nextToken;
  } while (token !== undefined && token !== "");
}

async function* lastLines(
  lines: AsyncIterable<string>,
  tail: number | undefined,
): AsyncGenerator<string> {
  if (tail === undefined) {
    yield* lines;
    return;
  }
  const last: string[] = [];
  for await (const line of lines) {
    last.push(line);
    if (last.length > tail) {
      last.shift();
    }
  }
  yield* last;
}

/** What is never looked at again needs no memory. */
function forget(seen: Map<string, number>, before: number): void {
  for (const [id, timestamp] of seen) {
    if (timestamp < before) {
      seen.delete(id);
    }
  }
}

function timer(ms: number, signal: AbortSignal | undefined): Promise<unknown> {
  return pause(ms, undefined, signal === undefined ? {} : { signal });
}
