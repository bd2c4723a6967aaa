/**
 * Where the GPUs of an ECS service come from, as data: instances that ECS manages, an Auto Scaling group of one's own, or
 * a capacity provider that the cluster has already.
 *
 * @module
 */
import { Size } from "aws-cdk-lib";
import type { IMachineImage, InstanceType } from "aws-cdk-lib/aws-ec2";

export interface ManagedInstancesOptions {
  /**
   * Names or patterns of EC2 instance types, e.g. `g6.xlarge`, `g5.*`. ECS takes the cheapest that fits a task.
   * @default ["g6.*"] - NVIDIA L4
   */
  readonly allowedInstanceTypes?: readonly string[];
  /**
   * Whether spare capacity is used, which AWS may take back at two minutes' notice.
   * @default false
   */
  readonly spot?: boolean;
  /**
   * Disk of an instance, for images and `/tmp`.
   * @default Size.gibibytes(80)
   */
  readonly storage?: Size;
}

export interface AutoScalingGroupOptions {
  /** The one type of instance of the group, e.g. `new InstanceType("g6.xlarge")`. */
  readonly instanceType: InstanceType;
  /**
   * An ECS image for GPUs, pinned: an image that is looked up anew at each deploy replaces instances when nobody asked.
   * `EcsOptimizedImage.amazonLinux2023(AmiHardwareType.GPU, { cachedInContext: true })` keeps it in cdk.context.json;
   * `MachineImage.genericLinux({ "eu-west-1": "ami-…" })` names it.
   */
  readonly machineImage: IMachineImage;
  /**
   * Instances that run even when no task needs them.
   * @default 0
   */
  readonly minInstances?: number;
  /** Most instances; their GPUs bound what may run, also while versions change. */
  readonly maxInstances: number;
  /**
   * Disk of an instance, for images and `/tmp`.
   * @default Size.gibibytes(80)
   */
  readonly storage?: Size;
}

export interface ExistingCapacityOptions {
  /** Name of a capacity provider of the cluster. */
  readonly capacityProviderName: string;
  /**
   * What kind it is: ECS Managed Instances, or an Auto Scaling group.
   * @default true
   */
  readonly isManagedInstances?: boolean;
}

/** What each kind is made from. */
export type GpuCapacitySource =
  | ({ readonly kind: "managed-instances" } & Required<ManagedInstancesOptions>)
  | ({ readonly kind: "auto-scaling-group" } & Required<AutoScalingGroupOptions>)
  | ({ readonly kind: "existing" } & Required<ExistingCapacityOptions>);

export class BentoGpuCapacity {
  readonly source: GpuCapacitySource;

  /** Instances that ECS starts, patches and ends by itself: nothing runs where no task does. */
  static managedInstances(options: ManagedInstancesOptions = {}): BentoGpuCapacity {
    return new BentoGpuCapacity({
      kind: "managed-instances",
      allowedInstanceTypes: options.allowedInstanceTypes ?? ["g6.*"],
      spot: options.spot ?? false,
      storage: options.storage ?? Size.gibibytes(80),
    });
  }

  /** Instances of one type from a pinned image, as many as the tasks need. */
  static autoScalingGroup(options: AutoScalingGroupOptions): BentoGpuCapacity {
    return new BentoGpuCapacity({
      kind: "auto-scaling-group",
      minInstances: 0,
      storage: Size.gibibytes(80),
      ...options,
    });
  }

  /** What the cluster has already. */
  static existing(options: ExistingCapacityOptions): BentoGpuCapacity {
    return new BentoGpuCapacity({ kind: "existing", isManagedInstances: true, ...options });
  }

  private constructor(source: GpuCapacitySource) {
    this.source = source;
  }

  /** Whether ECS owns the instances, which task definitions and services must say. */
  get isManaged(): boolean {
    const { source } = this;
    return source.kind === "existing"
      ? source.isManagedInstances
      : source.kind !== "auto-scaling-group";
  }
}
