/**
 * EC2 instances with NVIDIA GPUs, as far as they are known here: an unknown size of a family with GPUs is left to AWS.
 * Read at https://docs.aws.amazon.com/ec2/latest/instancetypes/ac.html, November 2026.
 *
 * @module
 */

/** What one instance has. */
export interface GpuInstance {
  readonly gpus: number;
  readonly cpus: number;
  /** GiB, all of it: ECS keeps some for itself. */
  readonly memoryGib: number;
}

/** Sizes with one GPU, by vCPUs; the others have four or eight. */
const SIZES: readonly (readonly [size: string, gpus: number, cpus: number])[] = [
  ["xlarge", 1, 4],
  ["2xlarge", 1, 8],
  ["4xlarge", 1, 16],
  ["8xlarge", 1, 32],
  ["16xlarge", 1, 64],
  ["12xlarge", 4, 48],
  ["24xlarge", 4, 96],
  ["48xlarge", 8, 192],
];

const family = (name: string, gibPerCpu: number, without: readonly string[] = []) =>
  SIZES.filter(([size]) => !without.includes(size)).map(
    ([size, gpus, cpus]): [string, GpuInstance] => [
      `${name}.${size}`,
      { gpus, cpus, memoryGib: cpus * gibPerCpu },
    ],
  );

/** By type; the families that inference runs on. */
const GPU_INSTANCES: ReadonlyMap<string, GpuInstance> = new Map([
  ...family("g4dn", 4, ["24xlarge", "48xlarge"]),
  ["g4dn.metal", { gpus: 8, cpus: 96, memoryGib: 384 }],
  ...family("g5", 4),
  ...family("g6", 4),
  ...family("g6e", 8),
  ["p3.2xlarge", { gpus: 1, cpus: 8, memoryGib: 61 }],
  ["p3.8xlarge", { gpus: 4, cpus: 32, memoryGib: 244 }],
  ["p3.16xlarge", { gpus: 8, cpus: 64, memoryGib: 488 }],
  ["p4d.24xlarge", { gpus: 8, cpus: 96, memoryGib: 1152 }],
  ["p4de.24xlarge", { gpus: 8, cpus: 96, memoryGib: 1152 }],
  ["p5.4xlarge", { gpus: 1, cpus: 16, memoryGib: 256 }],
  ["p5.48xlarge", { gpus: 8, cpus: 192, memoryGib: 2048 }],
]);

/** @returns what the type has, `undefined` for one that is not known here */
export function gpuInstance(type: string): GpuInstance | undefined {
  return GPU_INSTANCES.get(type);
}

/** What a task needs of the instance that it runs on. */
export interface TaskNeeds {
  readonly gpus: number;
  readonly cpus: number;
  readonly memoryGib: number;
  /** Of the image, where it is known. */
  readonly platform?: string | undefined;
}

/**
 * @param patterns - types as ECS takes them, `g6.xlarge` or `g6.*`
 * @returns why no such instance can run the task, one line each; none when one can, or might
 */
export function instanceProblems(patterns: readonly string[], needs: TaskNeeds): string[] {
  if (patterns.length === 0) {
    return ["no instance types: one at least, e.g. g6.*"];
  }
  const wrong = patterns.flatMap((pattern) => kindProblems(pattern, needs.platform));
  return wrong.length > 0 ? wrong : sizeProblems(patterns, needs);
}

function kindProblems(pattern: string, platform: string | undefined): string[] {
  const [family = ""] = pattern.split(".");
  const shown = JSON.stringify(pattern);
  if (!/^[a-z][a-z0-9-]*\.[a-z0-9*-]+$/.test(pattern)) {
    return [`instance type ${shown}: a type as g6.xlarge, or a family as g6.*`];
  }
  if (!/^(g|gr|p)[0-9]/.test(family) || family === "g4ad") {
    return [`instance type ${shown}: has no NVIDIA GPU; families g4dn, g5, g6, g6e, p4d, p5 have`];
  }
  const isArm = family === "g5g";
  if (platform !== undefined && isArm !== (platform === "linux/arm64")) {
    const own = isArm ? "linux/arm64" : "linux/amd64";
    return [`instance type ${shown}: runs ${own}, the image is for ${platform}`];
  }
  return [];
}

function sizeProblems(patterns: readonly string[], needs: TaskNeeds): string[] {
  const known = patterns.flatMap((pattern) => [...matching(pattern)]);
  const mayFit = patterns.some((pattern) => matching(pattern).length === 0);
  if (mayFit || known.some((one) => fits(one, needs))) {
    return [];
  }
  const most = (of: (one: GpuInstance) => number) => Math.max(...known.map(of));
  const has = {
    gpus: most(({ gpus }) => gpus),
    cpus: most(({ cpus }) => cpus),
    memoryGib: most(({ memoryGib }) => memoryGib),
  };
  const which = patterns.join(", ");
  const largest = known.length === 1 ? `${which} has` : `no size of ${which} has it, at most`;
  return [`a task of ${shown(needs)}: ${largest} ${shown(has)}, some of which ECS keeps`];
}

function fits(one: GpuInstance, needs: TaskNeeds): boolean {
  return one.gpus >= needs.gpus && one.cpus >= needs.cpus && one.memoryGib > needs.memoryGib;
}

function shown({ gpus, cpus, memoryGib }: GpuInstance): string {
  return `${gpus} ${gpus === 1 ? "GPU" : "GPUs"}, ${cpus} vCPUs, ${memoryGib} GiB`;
}

function matching(pattern: string): GpuInstance[] {
  const expression = new RegExp(`^${pattern.replaceAll(".", "\\.").replaceAll("*", ".*")}$`);
  return [...GPU_INSTANCES].filter(([type]) => expression.test(type)).map(([, one]) => one);
}
