/**
 * What the compiler lets a user of the constructs write, and what not.
 *
 * @module
 */
import { Duration, Size, Stack } from "aws-cdk-lib";
import type { IVpc } from "aws-cdk-lib/aws-ec2";
import type { IRepository } from "aws-cdk-lib/aws-ecr";
import type { IQueue } from "aws-cdk-lib/aws-sqs";
import {
  BentoAlarms,
  BentoCompute,
  BentoDashboard,
  BentoImage,
  BentoLambda,
  BentoModelBucket,
  BentoQueue,
} from "bentokit/cdk";

export function usersStack(repository: IRepository, vpc: IVpc, jobs: IQueue): void {
  const stack = new Stack();
  const image = BentoImage.fromLock("bento.image.json", { repository, profile: "profile.json" });
  const iris = new BentoLambda(stack, "Iris", {
    image,
    memory: Size.gibibytes(4),
    timeout: Duration.seconds(30),
    compute: BentoCompute.managedInstances({ vpc, maxEnvironments: 4 }),
    queue: BentoQueue.fromQueue(jobs, { batchSize: 500 }),
    url: { auth: "iam", streaming: true },
  });
  const caller = new BentoLambda(stack, "Caller", { image, traffic: "cli" });
  iris.grantInvoke(caller);
  new BentoModelBucket(stack, "Models").grantRead(iris);
  const alarms = new BentoAlarms(stack, "Alarms", { metrics: iris.metrics });
  new BentoDashboard(stack, "Dashboard", { metrics: iris.metrics, alarms });
  // @ts-expect-error who may call a URL has no default
  new BentoLambda(stack, "A", { image, url: {} });
  // @ts-expect-error nor is there another answer
  new BentoLambda(stack, "B", { image, url: { auth: "NONE" } });
  // @ts-expect-error sizes have a unit
  new BentoLambda(stack, "C", { image, memory: 1024 });
  // @ts-expect-error durations too
  new BentoLambda(stack, "D", { image, timeout: 30 });
  // @ts-expect-error compute is made by its two functions
  new BentoLambda(stack, "E", { image, compute: { kind: "standard" } });
  // @ts-expect-error snapshots are of Lambda's own environments
  BentoCompute.managedInstances({ vpc, snapStart: true });
  // @ts-expect-error the image is what has to be said
  new BentoLambda(stack, "F", {});
}
