/**
 * What can be said of a bento on AWS Lambda. Only the image has to be.
 *
 * @module
 */
import type { Duration, Size } from "aws-cdk-lib";
import type { ISecurityGroup, IVpc } from "aws-cdk-lib/aws-ec2";
import type { IManagedPolicy, IRole } from "aws-cdk-lib/aws-iam";
import type { Architecture } from "aws-cdk-lib/aws-lambda";
import type { ILogGroup, RetentionDays } from "aws-cdk-lib/aws-logs";
import type { BentoCompute } from "./bento-compute.ts";
import type { BentoImage } from "./bento-image.ts";
import type { BentoQueue } from "./bento-queue.ts";
import type { BentoUrlProps } from "./lambda-url.ts";

export interface BentoLambdaProps {
  /** The bento's image, for one architecture. */
  readonly image: BentoImage;
  /**
   * Name of the function.
   * @default - CloudFormation makes one
   */
  readonly functionName?: string;
  /**
   * For people: which bento at which version.
   * @default - none
   */
  readonly description?: string;
  /**
   * Must be the image's own.
   * @default - the image's own where it is known, otherwise Architecture.X86_64
   */
  readonly architecture?: Architecture;
  /**
   * What the function runs on.
   * @default BentoCompute.standard()
   */
  readonly compute?: BentoCompute;
  /**
   * 128 to 10,240 MiB; processor time comes with it, one vCPU at 1,769 MiB. On managed instances 2 to 32 GiB, and as
   * many vCPUs as `memoryPerVCpu` says.
   * @default - one vCPU's: Size.mebibytes(1769), on managed instances `memoryPerVCpu`
   */
  readonly memory?: Size;
  /**
   * Longest time to an answer, 1 to 900 s; up to 5,400 s on managed instances.
   * @default Duration.seconds(60)
   */
  readonly timeout?: Duration;
  /**
   * Size of `/tmp`, 512 to 10,240 MiB.
   * @default Size.mebibytes(512)
   */
  readonly ephemeralStorage?: Size;
  /**
   * Environment variables in clear, 4 KB in all. No secrets: they would stand in the template.
   * @default - none beyond the image's own, `BENTO_PROFILE` where the image has a profile, and on managed instances
   * NODE_OPTIONS=--max-semi-space-size=2
   */
  readonly environment?: Readonly<Record<string, string>>;
  /**
   * Who moves versions and traffic. `stack`: a deploy of the stack publishes a version when something changed and sends
   * all traffic to it. `cli`: the template's version and alias never change; `bento deployment` moves them.
   * @default "stack"
   */
  readonly traffic?: "stack" | "cli";
  /**
   * Queue whose messages it takes in batches.
   * @default - none
   */
  readonly queue?: BentoQueue;
  /**
   * A URL of its own.
   * @default - none: it is called by Lambda's API, by whom `grantInvoke` lets
   */
  readonly url?: BentoUrlProps;
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
  /**
   * What the function may do.
   * @default - a role that may write to the log group, and reach the network when in a VPC
   */
  readonly role?: IRole;
  /**
   * What the roles that are made here may do at most.
   * @default - no boundary
   */
  readonly permissionsBoundary?: IManagedPolicy;
  /**
   * Network to run in; that of managed instances is a prop of theirs.
   * @default - none: it reaches the internet and nothing private
   */
  readonly vpc?: IVpc;
  /**
   * Only together with `vpc`.
   * @default - one of its own that lets everything out
   */
  readonly securityGroups?: readonly ISecurityGroup[];
}
