/**
 * Kinds of GPU in a bento's words, and the EC2 instances that have them. Read at
 * https://aws.amazon.com/ec2/instance-types/, November 2026: those that run CUDA 12.
 *
 * @module
 */
import { nearest } from "../../core/nearest.ts";

interface GpuKind {
  readonly family: string;
  /** Smallest instance by its number of GPUs. */
  readonly smallest: Readonly<Record<number, string>>;
}

const KINDS: Readonly<Record<string, GpuKind>> = {
  "nvidia-a100": { family: "p4d", smallest: { 8: "p4d.24xlarge" } },
  "nvidia-a10g": {
    family: "g5",
    smallest: { 1: "g5.xlarge", 4: "g5.12xlarge", 8: "g5.48xlarge" },
  },
  "nvidia-h100": { family: "p5", smallest: { 1: "p5.4xlarge", 8: "p5.48xlarge" } },
  "nvidia-l4": { family: "g6", smallest: { 1: "g6.xlarge", 4: "g6.12xlarge", 8: "g6.48xlarge" } },
  "nvidia-l40s": {
    family: "g6e",
    smallest: { 1: "g6e.xlarge", 4: "g6e.12xlarge", 8: "g6e.48xlarge" },
  },
  "nvidia-t4": {
    family: "g4dn",
    smallest: { 1: "g4dn.xlarge", 4: "g4dn.12xlarge", 8: "g4dn.metal" },
  },
};

/** When the bento says nothing: the cheapest of the newer ones that most regions have. */
export const DEFAULT_GPU_TYPE = "nvidia-l4";

export const GPU_TYPES: readonly string[] = Object.keys(KINDS);

export interface GpuWish {
  readonly gpuType: string;
  /** GPUs of one task. */
  readonly gpus: number;
  readonly capacity: "managed-instances" | "asg";
}

/**
 * @returns what the capacity may start: a family where ECS chooses the size, otherwise the one instance; or in words why
 * there is none
 */
export function instanceTypesFor({ gpuType, gpus, capacity }: GpuWish): readonly string[] | string {
  const kind = Object.hasOwn(KINDS, gpuType) ? KINDS[gpuType] : undefined;
  if (kind === undefined) {
    const near = nearest(gpuType, GPU_TYPES);
    const suggestion = near === undefined ? "" : `did you mean ${near}? `;
    return `GPU ${JSON.stringify(gpuType)}: ${suggestion}one of ${GPU_TYPES.join(", ")}, or set instanceTypes`;
  }
  const sizes = Object.keys(kind.smallest).map(Number);
  const count = sizes.find((size) => size >= gpus);
  if (count === undefined) {
    return `${gpus} GPUs of ${gpuType} in one task: ${Math.max(...sizes)} at most on one instance`;
  }
  return capacity === "asg" ? [kind.smallest[count] ?? ""] : [`${kind.family}.*`];
}
