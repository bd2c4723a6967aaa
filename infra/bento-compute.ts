/**
 * What a bento's function runs on: Lambda's own environments, which take one request each, or instances that Lambda
 * manages in your network, where the requests of a process share its batches. Data alone: `BentoLambda` makes it so.
 *
 * @module
 */
import type { Size } from "aws-cdk-lib";
import type { InstanceType, ISecurityGroup, ISubnet, IVpc } from "aws-cdk-lib/aws-ec2";
import type { IRole } from "aws-cdk-lib/aws-iam";
import type { IKey } from "aws-cdk-lib/aws-kms";
import type { ICapacityProvider } from "aws-cdk-lib/aws-lambda";

export interface StandardComputeProps {
  /**
   * Most requests at work at once, kept free for this function.
   * @default - shares the account's
   */
  readonly reservedConcurrency?: number;
  /**
   * Environments of the alias that are kept started, from 1. They are paid for while they wait.
   * @default - none: an environment starts when a request needs it
   */
  readonly provisionedConcurrency?: number;
  /**
   * Takes a snapshot of each version after its models are loaded, and starts from that. Not together with
   * `provisionedConcurrency` or more than 512 MiB of `/tmp`.
   * @default false
   */
  readonly snapStart?: boolean;
}

export interface ManagedInstancesProps {
  /**
   * Instances that are there already, shared with functions that trust each other: there is no wall between them.
   * @default - a capacity provider of its own, in `vpc`
   */
  readonly capacityProvider?: ICapacityProvider;
  /**
   * Network of its own capacity provider; not allowed with `capacityProvider`.
   * @default - what `subnets` and `securityGroups` say, or that of `capacityProvider`
   */
  readonly vpc?: IVpc;
  /**
   * 1 to 16 subnets of its own capacity provider. They need a way to Lambda, CloudWatch and ECR, by NAT or endpoints.
   * @default - the private subnets of `vpc`
   */
  readonly subnets?: readonly ISubnet[];
  /**
   * 1 to 5 of them, for the instances of its own capacity provider.
   * @default - one that lets everything out and nothing in, in `vpc`
   */
  readonly securityGroups?: readonly ISecurityGroup[];
  /**
   * Kinds of instances that may be used, `.large` or greater of the families C, M and R.
   * @default - Lambda chooses
   */
  readonly instanceTypes?: readonly InstanceType[];
  /**
   * Most vCPUs of all its instances together, 12 to 15,000: what it can cost.
   * @default 400, Lambda's own
   */
  readonly maxVCpus?: number;
  /**
   * Utilization of the processors, in percent, that the number of instances is held at.
   * @default - Lambda scales by itself
   */
  readonly targetCpuUtilization?: number;
  /**
   * What Lambda starts instances with.
   * @default - a role with AWS's own policy for that, AWSLambdaManagedEC2ResourceOperator
   */
  readonly operatorRole?: IRole;
  /**
   * Encrypts what is on the disks of its instances.
   * @default - a key of AWS
   */
  readonly encryptionKey?: IKey;
  /**
   * 2, 4 or 8 GiB. An environment has its memory divided by this in vCPUs.
   * @default Size.gibibytes(2)
   */
  readonly memoryPerVCpu?: Size;
  /**
   * Requests at work at once in an environment, 1 to 1,600. Batches cannot be larger than that.
   * @default - (k + 1) · b* of the bento's profile: its k runners work on the best batch b*, and one more waits;
   * 32 for each vCPU without a profile
   */
  readonly maxConcurrency?: number;
  /**
   * Environments of a version that are kept, 0 to 15,000. Not with `traffic: "cli"`, where versions come by the API.
   * @default 3, Lambda's own: one in each zone
   */
  readonly minEnvironments?: number;
  /**
   * Environments of a version at most, 0 to 15,000. Not with `traffic: "cli"`.
   * @default - as many as `maxVCpus` lets
   */
  readonly maxEnvironments?: number;
}

/** Told apart by `kind`. */
export type ComputeSettings =
  | ({ readonly kind: "standard" } & StandardComputeProps)
  | ({ readonly kind: "managedInstances" } & ManagedInstancesProps);

export class BentoCompute {
  /** As they were given; checked by the construct that takes them. */
  readonly settings: ComputeSettings;

  /**
   * Lambda's own environments: scaled to zero, one request at a time in each. Rows are batched only where a queue
   * brings them together.
   */
  static standard(props: StandardComputeProps = {}): BentoCompute {
    return new BentoCompute({ ...props, kind: "standard" });
  }

  /**
   * EC2 instances of your account that Lambda starts, patches and scales, never to zero by default: many requests at a
   * time in each environment, so that they are batched. A function that is there cannot go back to standard.
   */
  static managedInstances(props: ManagedInstancesProps): BentoCompute {
    return new BentoCompute({ ...props, kind: "managedInstances" });
  }

  private constructor(settings: ComputeSettings) {
    this.settings = settings;
  }
}
