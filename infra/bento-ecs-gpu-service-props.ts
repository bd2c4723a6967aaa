/**
 * What a {@link BentoEcsGpuService} is made from.
 *
 * @module
 */
import type { Duration, Size } from "aws-cdk-lib";
import type { ICertificate } from "aws-cdk-lib/aws-certificatemanager";
import type { IAlarm, IMetric } from "aws-cdk-lib/aws-cloudwatch";
import type { ISecurityGroup, IVpc, SubnetSelection } from "aws-cdk-lib/aws-ec2";
import type { ICluster, Secret } from "aws-cdk-lib/aws-ecs";
import type { IManagedPolicy, IRole } from "aws-cdk-lib/aws-iam";
import type { ILogGroup, RetentionDays } from "aws-cdk-lib/aws-logs";
import type { IBucket } from "aws-cdk-lib/aws-s3";
import type { BentoImage } from "./bento-image.ts";
import type { BentoGpuCapacity } from "./ecs-capacity.ts";
import type { BentoRollout } from "./ecs-rollout.ts";

export interface BentoEcsGpuServiceProps {
  /** The bento's image, its CUDA variant. */
  readonly image: BentoImage;
  /** Network to run in. None is made: how it meets the rest of the world is its owner's to decide. */
  readonly vpc: IVpc;
  /**
   * Where tasks and instances run; they must reach ECR, CloudWatch Logs and ECS, by a NAT gateway or VPC endpoints.
   * @default - the private subnets with a way out
   */
  readonly subnets?: SubnetSelection;
  /**
   * Where the load balancer is.
   * @default - the public subnets when it faces the internet, otherwise those of the tasks
   */
  readonly loadBalancerSubnets?: SubnetSelection;
  /**
   * Cluster to run in.
   * @default - one of its own, with Container Insights
   */
  readonly cluster?: ICluster;
  /**
   * Where the GPUs come from.
   * @default BentoGpuCapacity.managedInstances()
   */
  readonly capacity?: BentoGpuCapacity;
  /**
   * Name of the service; a change of it replaces the service.
   * @default - CloudFormation makes one
   */
  readonly serviceName?: string;
  /**
   * GPUs of one task.
   * @default 1
   */
  readonly gpuCount?: number;
  /**
   * vCPUs of one task, in steps of 1/1024.
   * @default 2
   */
  readonly cpu?: number;
  /**
   * Memory of one task, less than that of the instance: ECS keeps some.
   * @default Size.gibibytes(8)
   */
  readonly memory?: Size;
  /**
   * Most that `/tmp` holds, the one place that can be written to. It counts as memory of the task.
   * @default Size.mebibytes(512)
   */
  readonly temporaryStorage?: Size;
  /**
   * Environment variables in clear, in the template. No secrets.
   * @default - PORT, what NVIDIA's runtime needs, the drain, and BENTO_METRICS=emf, by which tasks send their metrics to
   * CloudWatch in their log; set that to "" for none
   */
  readonly environment?: Readonly<Record<string, string>>;
  /**
   * Environment variables whose values ECS reads when a task starts: `Secret.fromSecretsManager(…)`,
   * `Secret.fromSsmParameter(…)`. The task's execution role may read just these.
   * @default - none
   */
  readonly secrets?: Readonly<Record<string, Secret>>;
  /**
   * Longest time to an answer, 1 to 3,600 s; the load balancer gives up a little later.
   * @default Duration.seconds(60)
   */
  readonly requestTimeout?: Duration;
  /**
   * Longest time from the start of a task to ready, its model loaded.
   * @default Duration.minutes(5)
   */
  readonly startTimeout?: Duration;
  /**
   * How long a task that is to stop may answer what it has taken, 10 to 110 s. The server, the load balancer and ECS keep
   * to it alike; ECS kills a task 10 s later.
   * @default Duration.seconds(30)
   */
  readonly drain?: Duration;
  /**
   * Fewest tasks.
   * @default 1
   */
  readonly minTasks?: number;
  /**
   * Most tasks. Between both, scaling follows `requestsPerTask` and `queueRowsPerTask`.
   * @default - as `minTasks`
   */
  readonly maxTasks?: number;
  /**
   * Requests a minute of one task that scaling aims at.
   * @default - requests do not scale it
   */
  readonly requestsPerTask?: number;
  /**
   * Rows waiting in the batcher of one task that scaling aims at. Needs `queueMetric`.
   * @default - the queue does not scale it
   */
  readonly queueRowsPerTask?: number;
  /**
   * The rows that wait, on average over the tasks: `bentoQueueRows({ serviceName, runnerName })`, which the tasks send to
   * CloudWatch.
   * @default - none
   */
  readonly queueMetric?: IMetric;
  /**
   * GPUs that may be in use at once, all versions together: the account's quota, or what a cluster has to spare. A
   * rollout that may need more is an error.
   * @default - those of an Auto Scaling group at its largest, otherwise not bounded
   */
  readonly maxGpus?: number;
  /**
   * How a new version takes over.
   * @default BentoRollout.canary() - 10 % for 5 minutes, then all
   */
  readonly rollout?: BentoRollout;
  /**
   * 99 of 100 answers must come within this, or the deployment rolls back.
   * @default - as `requestTimeout`
   */
  readonly p99Limit?: Duration;
  /**
   * Share of answers that may be errors of the server, in percent, before the deployment rolls back. Refusals of an
   * overloaded server, which are 503, are among them: see {@link BentoEcsGpuService.alarms}. 100 is never exceeded.
   * @default 5
   */
  readonly errorPercentLimit?: number;
  /**
   * More alarms that roll a deployment back, beside those on errors, latency and unhealthy tasks.
   * @default - none
   */
  readonly rollbackAlarms?: readonly IAlarm[];
  /**
   * Whether the load balancer faces the internet and lets everybody in. Needs a certificate.
   * @default false - inside the network, and nobody until `connections.allowDefaultPortFrom`
   */
  readonly internetFacing?: boolean;
  /**
   * Certificate for HTTPS.
   * @default - plain HTTP, inside the network only
   */
  readonly certificate?: ICertificate;
  /**
   * Where the load balancer logs requests. The stack must name its region then.
   * @default - no access logs
   */
  readonly accessLogBucket?: IBucket;
  /**
   * Of the tasks.
   * @default - one of its own that the load balancer reaches and that lets everything out
   */
  readonly securityGroups?: readonly ISecurityGroup[];
  /**
   * Of the load balancer.
   * @default - one of its own that reaches the tasks
   */
  readonly loadBalancerSecurityGroups?: readonly ISecurityGroup[];
  /**
   * What the bento's code may do.
   * @default - a role that may do nothing
   */
  readonly taskRole?: IRole;
  /**
   * What ECS may do to start a task.
   * @default - a role that may pull from the image's repository, write to the log group, read the secrets
   */
  readonly executionRole?: IRole;
  /**
   * Boundary of every role that is made here.
   * @default - none
   */
  readonly permissionsBoundary?: IManagedPolicy;
  /**
   * Where it logs.
   * @default - a log group of its own, kept when the stack is deleted
   */
  readonly logGroup?: ILogGroup;
  /**
   * How long its own log group keeps lines; not allowed together with `logGroup`.
   * @default RetentionDays.ONE_MONTH
   */
  readonly logRetention?: RetentionDays;
}
