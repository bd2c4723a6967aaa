/**
 * The iris classifier in the shop's app: a store of models, a function for the backend, a service with GPUs in the
 * cluster that is there.
 *
 * @module
 */
import { join } from "node:path";
import { Stack } from "aws-cdk-lib";
import type { Vpc } from "aws-cdk-lib/aws-ec2";
import { Repository } from "aws-cdk-lib/aws-ecr";
import type { Cluster } from "aws-cdk-lib/aws-ecs";
import { Role } from "aws-cdk-lib/aws-iam";
import { BentoEcsGpuService, BentoImage, BentoLambda, BentoModelBucket } from "bentokit/cdk";
import type { Construct } from "constructs";

export interface IrisStackProps {
  readonly vpc: Vpc;
  readonly cluster: Cluster;
}

export class IrisStack extends Stack {
  constructor(scope: Construct, id: string, props: IrisStackProps) {
    super(scope, id);
    const repository = Repository.fromRepositoryName(this, "Images", "bento/iris-classifier");
    // The lock is committed: this stack changes when the bento does.
    const image = BentoImage.fromLock(join(__dirname, "../../bento.image.json"), { repository });
    // In this stack, so that what they are granted is here too and the shop's stack stays as it is.
    const backend = Role.fromRoleName(this, "Backend", "shop-backend");
    const pipeline = Role.fromRoleName(this, "Pipeline", "shop-pipeline");
    repository.grantPullPush(pipeline);
    new BentoModelBucket(this, "Models").grantPublish(pipeline);

    const { vpc, cluster } = props;
    const lambda = new BentoLambda(this, "Iris", { image, vpc });
    lambda.grantInvoke(backend);

    new BentoEcsGpuService(this, "IrisGpu", { image, vpc, cluster });
  }
}
