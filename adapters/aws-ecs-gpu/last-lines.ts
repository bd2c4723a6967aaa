/**
 * The end of a service's log, for a failure's message.
 *
 * @module
 */
import { awsFind } from "../aws/aws-error.ts";
import { tailLogGroup } from "../aws/logs.ts";
import type { AwsSession } from "../aws/session.ts";

const MOST = 20;

/** As the construct names the streams of its one container. */
const STREAM_PREFIX = "bento/bento/";

/**
 * @param task - ARN; lines of all tasks when undefined
 * @param since - milliseconds since 1970 of the oldest line @default an hour ago
 * @returns none where the log cannot be read: the failure itself is told then
 */
export async function lastLines(
  session: AwsSession,
  stackName: string,
  task: string | undefined,
  since?: number,
): Promise<readonly string[]> {
  try {
    const group = await logGroupOf(session, stackName);
    const streamPrefix =
      task === undefined
        ? STREAM_PREFIX
        : `${STREAM_PREFIX}${task.slice(task.lastIndexOf("/") + 1)}`;
    return group === undefined
      ? []
      : await Array.fromAsync(tailLogGroup(session, { group, tail: MOST, streamPrefix, since }));
  } catch {
    return [];
  }
}

/** Also of a stack that was rolled back: its log group stays. */
export async function logGroupOf(
  session: AwsSession,
  stackName: string,
): Promise<string | undefined> {
  const cloudFormation = await session.cloudFormation();
  const found = await awsFind(
    session,
    { action: "cloudformation:DescribeStackResources", resource: stackName },
    (call) => cloudFormation.describeStackResources({ StackName: stackName }, call),
  );
  return found?.StackResources?.find(({ ResourceType }) => ResourceType === "AWS::Logs::LogGroup")
    ?.PhysicalResourceId;
}
