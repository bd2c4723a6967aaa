/**
 * Where a stack's ECS service is, asked of CloudFormation: also while the stack is being made and has no outputs yet.
 *
 * @module
 */

import { formatArn } from "../aws/arn.ts";
import { awsFind } from "../aws/aws-error.ts";
import type { AwsSession } from "../aws/session.ts";

/** An ECS service by the names that ECS takes. */
export interface ServicePlace {
  readonly cluster: string;
  /** ARN. */
  readonly service: string;
}

/** What a spec says of it, for a service that CloudFormation has begun and not named yet. */
export interface ServiceName {
  readonly serviceName: string;
  /** Name of one that is there; that of the stack when undefined. */
  readonly cluster?: string | undefined;
}

/**
 * @param known - to find it before CloudFormation names it
 * @returns undefined as long as the stack, or the service in it, is not there
 */
export async function servicePlace(
  session: AwsSession,
  stackName: string,
  known?: ServiceName,
): Promise<ServicePlace | undefined> {
  const cloudFormation = await session.cloudFormation();
  const found = await awsFind(
    session,
    { action: "cloudformation:DescribeStackResources", resource: stackName },
    (call) => cloudFormation.describeStackResources({ StackName: stackName }, call),
  );
  const idOf = (type: string) =>
    found?.StackResources?.find(
      ({ ResourceType, ResourceStatus = "" }) =>
        ResourceType === type && !ResourceStatus.startsWith("DELETE"),
    )?.PhysicalResourceId;
  const named = placeOf(idOf("AWS::ECS::Service") ?? "");
  const cluster = known?.cluster ?? idOf("AWS::ECS::Cluster");
  if (named !== undefined || known === undefined || cluster === undefined) {
    return named;
  }
  const service = formatArn(session, "ecs", `service/${cluster}/${known.serviceName}`);
  return { cluster, service };
}

/** @param arn - of a service; its cluster stands in it, as in every ARN that ECS makes since 2021 */
function placeOf(arn: string): ServicePlace | undefined {
  const [, cluster] = /:service\/([^/]+)\/[^/]+$/.exec(arn) ?? [];
  return cluster === undefined ? undefined : { cluster, service: arn };
}
