/**
 * Where a stack's ECS service is, asked of CloudFormation: also while the stack is being made and has no outputs yet.
 *
 * @module
 */
import { awsFind } from "../aws/aws-error.ts";
import type { AwsSession } from "../aws/session.ts";

/** An ECS service by the names that ECS takes. */
export interface ServicePlace {
  readonly cluster: string;
  /** ARN. */
  readonly service: string;
}

/** @returns undefined as long as the stack, or the service in it, is not there */
export async function servicePlace(
  session: AwsSession,
  stackName: string,
): Promise<ServicePlace | undefined> {
  const cloudFormation = await session.cloudFormation();
  const found = await awsFind(
    session,
    { action: "cloudformation:DescribeStackResources", resource: stackName },
    (call) => cloudFormation.describeStackResources({ StackName: stackName }, call),
  );
  const service = found?.StackResources?.find(
    ({ ResourceType, ResourceStatus = "" }) =>
      ResourceType === "AWS::ECS::Service" && !ResourceStatus.startsWith("DELETE"),
  )?.PhysicalResourceId;
  return service === undefined ? undefined : placeOf(service);
}

/** @param arn - of a service; its cluster stands in it, as in every ARN that ECS makes since 2021 */
function placeOf(arn: string): ServicePlace | undefined {
  const [, cluster] = /:service\/([^/]+)\/[^/]+$/.exec(arn) ?? [];
  return cluster === undefined ? undefined : { cluster, service: arn };
}
