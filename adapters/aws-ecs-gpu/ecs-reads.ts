/**
 * What ECS says of a service: its tasks, its newest deployment, and why tasks stopped.
 *
 * @module
 */
import type { Service, ServiceDeployment, Task, TaskDefinition } from "@aws-sdk/client-ecs";
import { awsCall, awsFind } from "../aws/aws-error.ts";
import type { AwsSession } from "../aws/session.ts";
import type { ServicePlace } from "./service-place.ts";

/** So many are described in one call. */
const MOST_REVISIONS = 20;

/** @returns undefined where there is none, or it was deleted */
export async function readService(
  session: AwsSession,
  { cluster, service }: ServicePlace,
): Promise<Service | undefined> {
  const ecs = await session.ecs();
  const found = await awsFind(
    session,
    { action: "ecs:DescribeServices", resource: service },
    (call) => ecs.describeServices({ cluster, services: [service] }, call),
  );
  return found?.services?.find(({ status }) => status !== "INACTIVE");
}

/** @returns undefined where there has been none */
export async function newestDeployment(
  session: AwsSession,
  { cluster, service }: ServicePlace,
): Promise<ServiceDeployment | undefined> {
  const ecs = await session.ecs();
  const listed = await awsFind(
    session,
    { action: "ecs:ListServiceDeployments", resource: service },
    (call) => ecs.listServiceDeployments({ cluster, service }, call),
  );
  const newest = [...(listed?.serviceDeployments ?? [])].sort(
    (one, other) => (other.createdAt?.getTime() ?? 0) - (one.createdAt?.getTime() ?? 0),
  )[0]?.serviceDeploymentArn;
  if (newest === undefined) {
    return undefined;
  }
  const described = await awsCall(
    session,
    { action: "ecs:DescribeServiceDeployments", resource: newest },
    (call) => ecs.describeServiceDeployments({ serviceDeploymentArns: [newest] }, call),
  );
  return described.serviceDeployments?.[0];
}

/**
 * Task definitions that a deployment brought up, as far as ECS remembers (90 days): others were made and never served.
 *
 * @returns their ARNs, newest first
 */
export async function servedDefinitions(
  session: AwsSession,
  { cluster, service }: ServicePlace,
): Promise<readonly string[]> {
  const ecs = await session.ecs();
  const { serviceDeployments = [] } = await awsCall(
    session,
    { action: "ecs:ListServiceDeployments", resource: service },
    (call) => ecs.listServiceDeployments({ cluster, service, status: ["SUCCESSFUL"] }, call),
  );
  const revisions = serviceDeployments
    .flatMap(({ targetServiceRevisionArn }) => targetServiceRevisionArn ?? [])
    .slice(0, MOST_REVISIONS);
  if (revisions.length === 0) {
    return [];
  }
  const { serviceRevisions = [] } = await awsCall(
    session,
    { action: "ecs:DescribeServiceRevisions", resource: service },
    (call) => ecs.describeServiceRevisions({ serviceRevisionArns: revisions }, call),
  );
  return serviceRevisions.flatMap(({ taskDefinition }) => taskDefinition ?? []);
}

/** Also of one that was taken out of use. */
export async function readTaskDefinition(
  session: AwsSession,
  arn: string,
): Promise<TaskDefinition | undefined> {
  const ecs = await session.ecs();
  const found = await awsFind(
    session,
    { action: "ecs:DescribeTaskDefinition", resource: arn },
    (call) => ecs.describeTaskDefinition({ taskDefinition: arn }, call),
  );
  return found?.taskDefinition;
}

/** Those that ECS still tells of: an hour back, 100 at most. */
export async function stoppedTasks(
  session: AwsSession,
  { cluster, service }: ServicePlace,
): Promise<readonly Task[]> {
  const ecs = await session.ecs();
  const serviceName = service.slice(service.lastIndexOf("/") + 1);
  const { taskArns: tasks = [] } = await awsCall(
    session,
    { action: "ecs:ListTasks", resource: service },
    (call) => ecs.listTasks({ cluster, serviceName, desiredStatus: "STOPPED" }, call),
  );
  if (tasks.length === 0) {
    return [];
  }
  const described = await awsCall(
    session,
    { action: "ecs:DescribeTasks", resource: service },
    (call) => ecs.describeTasks({ cluster, tasks }, call),
  );
  return described.tasks ?? [];
}

/** `sha256:…` of the image that its container runs. */
export function imageDigestOf({ containerDefinitions = [] }: TaskDefinition): string | undefined {
  return containerDefinitions[0]?.image?.split("@")[1];
}
