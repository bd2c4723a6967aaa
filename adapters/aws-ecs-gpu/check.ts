/**
 * Whether a deploy to ECS could go through. Reads only.
 *
 * @module
 */
import type { DeployContext, Finding } from "../adapter.ts";
import { awsCall } from "../aws/aws-error.ts";
import { checkAws } from "../aws/check/check-aws.ts";
import { checkBoundary, checkRole } from "../aws/check/check-rights.ts";
import { fine, looked, problem, warning } from "../aws/check/findings.ts";
import type { AwsSession } from "../aws/session.ts";
import { ecsDeployPolicy } from "./access.ts";
import { accessOf } from "./access-place.ts";
import { AwsEcsGpuOptions } from "./options.ts";
import { AWS_ECS_GPU } from "./target.ts";

const TASKS = "ecs-tasks.amazonaws.com";

export async function* checkEcs(context: DeployContext): AsyncGenerator<Finding, void, undefined> {
  const options = AwsEcsGpuOptions.parse(context.options ?? {});
  const { name } = context;
  yield* checkAws(
    {
      platform: AWS_ECS_GPU,
      account: options.account,
      region: options.region,
      needs(session) {
        const access = accessOf({ name, bento: name, options }, session);
        const { registryStack, serviceStack, repository } = access;
        return {
          stacks: [registryStack, serviceStack],
          repository,
          policy: ecsDeployPolicy(access),
        };
      },
      own: (session) => [
        ...ownChecks(session, options),
        Promise.resolve(checkNetwork(options)),
        Promise.resolve(checkQuota(session, options)),
      ],
    },
    context,
  );
}

/** Of what the environment names. */
function ownChecks(session: AwsSession, options: AwsEcsGpuOptions): Promise<Finding>[] {
  const { cluster, capacityProvider, permissionsBoundary, taskRole, executionRole } = options;
  const roles = Object.entries({ taskRole, executionRole }).flatMap(([option, arn]) =>
    arn === undefined ? [] : [checkRole(session, { option, arn, service: TASKS })],
  );
  return [
    ...(cluster === undefined ? [] : [checkCluster(session, cluster, capacityProvider)]),
    ...(permissionsBoundary === undefined ? [] : [checkBoundary(session, permissionsBoundary)]),
    ...roles,
  ];
}

function checkNetwork({ vpcId, subnets, availabilityZones }: AwsEcsGpuOptions): Finding {
  const isSet =
    vpcId !== undefined && subnets.length >= 2 && subnets.length === availabilityZones.length;
  return isSet
    ? fine("network", `${vpcId}, ${subnets.join(", ")}`)
    : problem(
        "network",
        "it is not set",
        "name vpcId, two subnets or more, and the zone of each in availabilityZones",
      );
}

/** A cluster that is given, and whether it has the capacity that is given. */
async function checkCluster(
  session: AwsSession,
  cluster: string,
  capacityProvider: string | undefined,
): Promise<Finding> {
  const check = `cluster ${cluster}`;
  const action = "ecs:DescribeClusters";
  return await looked({ check, action }, async () => {
    const ecs = await session.ecs();
    const { clusters = [] } = await awsCall(session, { action, resource: cluster }, (call) =>
      ecs.describeClusters({ clusters: [cluster] }, call),
    );
    const found = clusters.find(({ status }) => status !== "INACTIVE");
    if (found === undefined) {
      return problem(check, "it is not there", "make it, or leave cluster out: then one is made");
    }
    const { clusterArn = cluster, capacityProviders = [] } = found;
    return capacityProvider === undefined || capacityProviders.includes(capacityProvider)
      ? fine(check, clusterArn)
      : problem(
          check,
          `it has no capacity provider ${capacityProvider}`,
          capacityProviders.length === 0
            ? "add it to the cluster, or leave capacityProvider out: then one is made"
            : `name one that it has: ${capacityProviders.join(", ")}`,
        );
  });
}

/** Of vCPUs of G instances at once. https://docs.aws.amazon.com/ec2/latest/instancetypes/ec2-instance-quotas.html, read 2026-11 */
const QUOTAS = { spot: "L-3819A6DF", other: "L-DB2E81BA" } as const;

/** Its own service answers for it, which nothing else here needs. */
function checkQuota({ region }: AwsSession, { spot }: AwsEcsGpuOptions): Finding {
  const quota = spot ? QUOTAS.spot : QUOTAS.other;
  return warning(
    "GPU quota",
    "it is not looked at",
    `look that it suffices for both versions: aws service-quotas get-service-quota --service-code ec2 --quota-code ${quota} --region ${region}`,
  );
}
