/**
 * Whether a deploy to ECS could go through. Reads only.
 *
 * @module
 */
import { BentoError } from "../../core/bento-error.ts";
import type { DeployContext, Finding } from "../adapter.ts";
import { awsCall } from "../aws/aws-error.ts";
import { checkStack } from "../aws/check/check-stack.ts";
import { fine, looked, problem, warning } from "../aws/check/findings.ts";
import { type AwsSession, openSession } from "../aws/session.ts";
import { AwsEcsGpuOptions } from "./options.ts";
import { AWS_ECS_GPU, serviceStackName } from "./target.ts";

export async function* checkEcs(context: DeployContext): AsyncGenerator<Finding, void, undefined> {
  const options = AwsEcsGpuOptions.parse(context.options ?? {});
  const { account, region } = options;
  let session: AwsSession;
  try {
    session = await openSession({ platform: AWS_ECS_GPU, account, region, context });
  } catch (error) {
    context.signal?.throwIfAborted();
    if (!BentoError.isInstance(error)) {
      throw error;
    }
    yield problem("credentials", error.message, error.hint ?? "see docs/errors.md");
    return;
  }
  yield fine("credentials", session.callerArn);
  yield fine("region", `${session.region}, account ${session.account}`);
  yield checkNetwork(options);
  yield await checkStack(session, serviceStackName(context.name));
  if (options.cluster !== undefined) {
    yield await checkCluster(session, options.cluster);
  }
  yield checkQuota(session);
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

async function checkCluster(session: AwsSession, cluster: string): Promise<Finding> {
  const check = `cluster ${cluster}`;
  const action = "ecs:DescribeClusters";
  return await looked({ check, action }, async () => {
    const ecs = await session.ecs();
    const { clusters = [] } = await awsCall(session, { action, resource: cluster }, (call) =>
      ecs.describeClusters({ clusters: [cluster] }, call),
    );
    return clusters.length === 0
      ? problem(check, "it is not there", "make it, or leave cluster out: then one is made")
      : fine(check, clusters[0]?.clusterArn ?? cluster);
  });
}

/** Its own service answers for it, which nothing else here needs. */
function checkQuota({ region }: AwsSession): Finding {
  return warning(
    "GPU quota",
    "it is not looked at",
    `look that it suffices for both versions: aws service-quotas get-service-quota --service-code ec2 --quota-code L-DB2E81BA --region ${region}`,
  );
}
