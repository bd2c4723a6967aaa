/**
 * What ECS, its load balancer and its deployments take, as numbers and rules, without any library: plans and constructs
 * check the same ones. Read at https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DeploymentConfiguration.html
 * and https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-quotas.html, November 2026.
 *
 * @module
 */
import { BentoError } from "../core/bento-error.ts";

interface Range {
  readonly min: number;
  readonly max: number;
  readonly unit?: string;
  /** Whether parts of one are taken. */
  readonly isFraction?: boolean;
}

const RANGES = {
  gpuCount: { min: 1, max: 16 },
  cpu: { min: 0.125, max: 192, unit: "vCPUs", isFraction: true },
  memoryMb: { min: 128, max: 2_097_152, unit: "MB" },
  temporaryMb: { min: 1, max: 2_097_152, unit: "MB" },
  minTasks: { min: 1, max: 5000 },
  maxTasks: { min: 1, max: 5000 },
  maxGpus: { min: 1, max: 100_000 },
  requestTimeoutSeconds: { min: 1, max: 3600, unit: "s" },
  startTimeoutSeconds: { min: 10, max: 7200, unit: "s" },
  drainSeconds: { min: 10, max: 110, unit: "s" },
  requestsPerTask: { min: 1, max: 10_000_000, isFraction: true },
  queueRowsPerTask: { min: 1, max: 10_000_000, isFraction: true },
  p99LimitSeconds: { min: 0.001, max: 3600, unit: "s", isFraction: true },
  errorPercentLimit: { min: 0, max: 100, unit: "%", isFraction: true },
  bakeMinutes: { min: 0, max: 1440, unit: "minutes" },
  bakeAfterMinutes: { min: 0, max: 1440, unit: "minutes" },
  pauseTimeoutMinutes: { min: 1, max: 20_160, unit: "minutes" },
} as const satisfies Record<string, Range>;

/** Each as its message calls it. */
const NAMES: Readonly<Record<keyof typeof RANGES, string>> = {
  gpuCount: "GPUs of a task",
  cpu: "cpu",
  memoryMb: "memory",
  temporaryMb: "/tmp",
  minTasks: "minTasks",
  maxTasks: "maxTasks",
  maxGpus: "maxGpus",
  requestTimeoutSeconds: "request timeout",
  startTimeoutSeconds: "start timeout",
  drainSeconds: "drain",
  requestsPerTask: "requestsPerTask",
  queueRowsPerTask: "queueRowsPerTask",
  p99LimitSeconds: "p99 limit",
  errorPercentLimit: "error limit",
  bakeMinutes: "bake",
  bakeAfterMinutes: "bakeAfter",
  pauseTimeoutMinutes: "pause timeout",
};

/** Share of the traffic that one step may move. */
const STEP_PERCENT = {
  CANARY: { min: 0.1, max: 100, unit: "%", isFraction: true },
  LINEAR: { min: 3, max: 100, unit: "%", isFraction: true },
} as const;

/** Of a task definition, all of it. */
const ENVIRONMENT_BYTES = 60_000;

/** What is checked; a value that is not known yet is left out. */
export type EcsSettings = { readonly [Name in keyof typeof RANGES]?: number | undefined } & {
  readonly serviceName?: string | undefined;
  readonly strategy?: "ROLLING" | "BLUE_GREEN" | "LINEAR" | "CANARY" | undefined;
  readonly stepPercent?: number | undefined;
  /** Of the tasks that should run, how many may while versions change, in percent. */
  readonly maxHealthyPercent?: number | undefined;
  readonly environment?: Readonly<Record<string, string>> | undefined;
  readonly secretNames?: readonly string[] | undefined;
};

/** Every rule that the settings break, one line each; none when ECS takes them. */
export function ecsProblems(settings: EcsSettings): string[] {
  const names = Object.keys(RANGES) as (keyof typeof RANGES)[];
  const { serviceName, strategy, stepPercent } = settings;
  const problems = names.flatMap((name) => outOfRange(NAMES[name], settings[name], RANGES[name]));
  if (serviceName !== undefined && !/^[A-Za-z0-9_-]{1,255}$/.test(serviceName)) {
    problems.push(`service name ${JSON.stringify(serviceName)}: 1 to 255 of A-Z a-z 0-9 _ -`);
  }
  if (strategy === "CANARY" || strategy === "LINEAR") {
    problems.push(...outOfRange(strategy.toLowerCase(), stepPercent, STEP_PERCENT[strategy]));
  }
  return [...problems, ...taskProblems(settings), ...environmentProblems(settings)];
}

/**
 * @param where - whose settings they are
 * @throws BentoError BENTO_INVALID_INPUT with every rule that is broken
 */
export function refuseEcsProblems(problems: readonly string[], where: string): void {
  if (problems.length > 0) {
    throw new BentoError("BENTO_INVALID_INPUT", problems.join("\n"), {
      where,
      hint: "change these settings to what Amazon ECS takes",
    });
  }
}

/**
 * @returns GPUs that may be in use while versions change, all tasks together
 */
export function peakGpus(tasks: number, gpuCount: number, maxHealthyPercent: number): number {
  return Math.floor((tasks * maxHealthyPercent) / 100) * gpuCount;
}

function taskProblems(settings: EcsSettings): string[] {
  const { memoryMb, temporaryMb } = settings;
  const isFull = memoryMb !== undefined && temporaryMb !== undefined && temporaryMb >= memoryMb;
  return [
    ...(isFull ? [`/tmp ${temporaryMb} MB: less than the memory, ${memoryMb} MB`] : []),
    ...countProblems(settings),
  ];
}

function countProblems(settings: EcsSettings): string[] {
  const { minTasks, maxTasks, gpuCount, maxGpus, maxHealthyPercent } = settings;
  const problems: string[] = [];
  if (minTasks !== undefined && maxTasks !== undefined && maxTasks < minTasks) {
    problems.push(`maxTasks ${maxTasks}: at least minTasks, ${minTasks}`);
  }
  if (
    maxTasks === undefined ||
    gpuCount === undefined ||
    maxGpus === undefined ||
    maxHealthyPercent === undefined
  ) {
    return problems;
  }
  const peak = peakGpus(maxTasks, gpuCount, maxHealthyPercent);
  const atRest = maxTasks * gpuCount;
  if (atRest > maxGpus) {
    problems.push(`${atRest} GPUs for ${maxTasks} tasks: ${maxGpus} at most`);
  } else if (peak > maxGpus) {
    problems.push(
      `${peak} GPUs while two versions run, with maxTasks ${maxTasks}: ${maxGpus} at most; ` +
        `the rollout recreate needs ${atRest}, with nobody answering meanwhile`,
    );
  }
  return problems;
}

function outOfRange(
  what: string,
  value: number | undefined,
  { min, max, unit, isFraction = false }: Range,
): string[] {
  const isFine =
    value === undefined ||
    (value >= min && value <= max && (isFraction || Number.isInteger(value)));
  const end = unit === undefined ? "" : ` ${unit}`;
  const kind = isFraction ? "a number" : "a whole number";
  return isFine ? [] : [`${what} ${value}${end}: ${kind} from ${min} to ${max}${end}`];
}

/** Which the image or ECS sets itself. */
const RESERVED_VARIABLES: ReadonlyMap<string, string> = new Map([
  ["PORT", "the load balancer asks at 3000"],
  ["NVIDIA_VISIBLE_DEVICES", "ECS sets it to the GPUs of the task"],
  ["HOME", "only /tmp can be written to"],
  ["BENTO_DRAIN_SECONDS", "it is set to the drain, which ECS and the load balancer wait for too"],
]);

function environmentProblems({ environment = {}, secretNames = [] }: EcsSettings): string[] {
  const names = [...Object.keys(environment), ...secretNames].sort();
  const problems = [...new Set(names)].flatMap((name) => {
    if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) {
      return [`environment variable ${JSON.stringify(name)}: a letter or _, then A-Z a-z 0-9 _`];
    }
    const reason = RESERVED_VARIABLES.get(name);
    return reason === undefined ? [] : [`environment variable ${name}: ${reason}`];
  });
  const twice = secretNames.filter((name) => Object.hasOwn(environment, name));
  const bytes = Object.entries(environment).reduce(
    (sum, [name, value]) => sum + Buffer.byteLength(name) + Buffer.byteLength(value),
    0,
  );
  return [
    ...problems,
    ...twice.map((name) => `environment variable ${name}: in clear and as a secret, not both`),
    ...(bytes > ENVIRONMENT_BYTES
      ? [`environment variables of ${bytes} bytes: ${ENVIRONMENT_BYTES} bytes at most`]
      : []),
  ];
}
