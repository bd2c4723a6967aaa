/**
 * A stack with bentos on Lambda and all that stands around them, for tests of whole templates.
 *
 * @module
 */
import { App, Duration, Stack } from "aws-cdk-lib";
import { type IVpc, Vpc } from "aws-cdk-lib/aws-ec2";
import { Repository } from "aws-cdk-lib/aws-ecr";
import { Topic } from "aws-cdk-lib/aws-sns";
import { digestOf } from "../../core/digest.ts";
import {
  BentoAlarms,
  BentoCompute,
  BentoDashboard,
  BentoImage,
  BentoLambda,
  BentoModelBucket,
  BentoQueue,
} from "../../infra/index.ts";

/** A network that is there already. */
export function existingVpc(stack: Stack): IVpc {
  return Vpc.fromVpcAttributes(stack, "Vpc", {
    vpcId: "vpc-0123456789abcdef0",
    availabilityZones: ["a", "b"],
    privateSubnetIds: ["subnet-0123456789abcdef1", "subnet-0123456789abcdef2"],
  });
}

/** The image of iris, whose name is known. */
export function irisImage(stack: Stack): BentoImage {
  const repository = Repository.fromRepositoryName(stack, "Images", "bento/iris");
  return BentoImage.fromEcr({ repository, digest: digestOf("image"), bentoName: "iris" });
}

/** Every construct of the Lambda side, with what it can have. */
export function everyLambdaConstruct(context: Record<string, unknown> = {}): Stack {
  const stack = new Stack(new App({ context }), "Shop");
  const image = irisImage(stack);
  const vpc = existingVpc(stack);
  const topic = Topic.fromTopicArn(stack, "Topic", "arn:aws:sns:eu-central-1:123456789012:ops");
  const iris = new BentoLambda(stack, "Iris", {
    image,
    vpc,
    compute: BentoCompute.standard({ snapStart: true, reservedConcurrency: 10 }),
    queue: BentoQueue.create({ maxConcurrency: 5 }),
    url: { auth: "public", streaming: true },
  });
  const managed = new BentoLambda(stack, "Managed", {
    image,
    compute: BentoCompute.managedInstances({ vpc, minEnvironments: 1, targetCpuUtilization: 50 }),
    url: { auth: "iam" },
  });
  managed.grantInvokeUrl(iris);
  managed.grantInvoke(iris);
  const frozen = new BentoLambda(stack, "Frozen", { image, traffic: "cli" });
  const models = new BentoModelBucket(stack, "Models", { prefix: "bento" });
  models.grantRead(iris);
  models.grantPublish(frozen);
  const alarms = new BentoAlarms(stack, "Alarms", {
    metrics: iris.metrics,
    topic,
    maxLatencyP99: Duration.millis(250),
  });
  new BentoDashboard(stack, "Dashboard", { metrics: iris.metrics, alarms });
  return stack;
}
