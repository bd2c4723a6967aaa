/**
 * What happens to the resources of a stack while CloudFormation works on it: each event once, oldest first.
 *
 * @module
 */
import type { StackEvent } from "@aws-sdk/client-cloudformation";
import type { OnProgress } from "../../core/progress.ts";
import { awsCall } from "./aws-error.ts";
import type { AwsSession } from "./session.ts";

/** One thing that happened to one resource. */
export interface ResourceEvent {
  readonly id: string;
  readonly logicalId: string;
  /** Name or ARN; empty before it has one. */
  readonly physicalId: string;
  /** E.g. `AWS::Lambda::Function`. */
  readonly resourceType: string;
  /** E.g. `CREATE_FAILED`. */
  readonly status: string;
  readonly reason: string;
  /** Milliseconds since 1970, as CloudFormation says. */
  readonly atMs: number;
  /** It is about the stack itself. */
  readonly isStack: boolean;
}

export interface EventReader {
  /** Events since the last call, oldest first; since the reader was made at the first call. */
  next(): Promise<readonly ResourceEvent[]>;
}

/**
 * @param stackId - ARN of the stack: the name alone may be another one's meanwhile
 * @param before - id of the newest event that is known already; undefined to begin with the first
 */
export function readEvents(
  session: AwsSession,
  stackId: string,
  before: string | undefined,
): EventReader {
  let newest = before;
  return {
    async next() {
      const found: ResourceEvent[] = [];
      for await (const event of newestFirst(session, stackId)) {
        if (event.id === newest) {
          break;
        }
        found.push(event);
      }
      newest = found[0]?.id ?? newest;
      return found.reverse();
    },
  };
}

/** Id of the newest event; undefined when there is none yet. */
export async function newestEvent(
  session: AwsSession,
  stackId: string,
): Promise<string | undefined> {
  for await (const event of newestFirst(session, stackId)) {
    return event.id;
  }
  return undefined;
}

async function* newestFirst(session: AwsSession, stackId: string): AsyncGenerator<ResourceEvent> {
  const client = await session.cloudFormation();
  const request = { action: "cloudformation:DescribeStackEvents", resource: stackId };
  let token: string | undefined;
  do {
    const page = { StackName: stackId, ...(token === undefined ? {} : { NextToken: token }) };
    const answer = await awsCall(session, request, (call) =>
      client.describeStackEvents(page, call),
    );
    yield* (answer.StackEvents ?? []).map(eventOf);
    token = answer.NextToken;
  } while (token !== undefined && token !== "");
}

function eventOf(event: StackEvent): ResourceEvent {
  return {
    id: event.EventId ?? "",
    logicalId: event.LogicalResourceId ?? "",
    physicalId: event.PhysicalResourceId ?? "",
    resourceType: event.ResourceType ?? "",
    status: event.ResourceStatus ?? "",
    reason: event.ResourceStatusReason ?? "",
    atMs: event.Timestamp?.getTime() ?? 0,
    isStack: event.PhysicalResourceId !== undefined && event.PhysicalResourceId === event.StackId,
  };
}

export interface EventWords {
  /** Paths of constructs by logical id, e.g. `Bento/Function`. @default the logical ids */
  readonly paths?: ReadonlyMap<string, string> | undefined;
  /** How many resources change; undefined where nobody knows. */
  readonly total?: number | undefined;
}

/** What people call a resource: `AWS::Lambda::Function Bento/Function`. */
export function resourceWords(
  { resourceType, logicalId }: Pick<ResourceEvent, "resourceType" | "logicalId">,
  paths: EventWords["paths"],
): string {
  return `${resourceType} ${paths?.get(logicalId) ?? logicalId}`;
}

/** Tells each event as progress: a resource is a step, and its end says how many there are. */
export function tellEvents(
  onProgress: OnProgress,
  { paths, total }: EventWords,
): (event: ResourceEvent) => void {
  const started = new Map<string, number>();
  const done = new Set<string>();
  return (event) => {
    if (event.isStack) {
      return;
    }
    const step = resourceWords(event, paths);
    if (event.status.endsWith("_IN_PROGRESS")) {
      if (!started.has(step)) {
        started.set(step, event.atMs);
        onProgress({ kind: "step-start", step });
      }
    } else if (event.status.endsWith("_FAILED")) {
      onProgress({ kind: "notice", message: `${step} ${event.status}: ${event.reason}` });
    } else {
      done.add(event.logicalId);
      const count = total === undefined ? "" : `, ${Math.min(done.size, total)}/${total}`;
      const durationMs = Math.max(0, event.atMs - (started.get(step) ?? event.atMs));
      started.delete(step);
      onProgress({ kind: "step-end", step, durationMs, detail: `${event.status}${count}` });
    }
  };
}
