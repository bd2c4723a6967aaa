/**
 * What AWS Lambda takes, as numbers and rules, without any library: plans and constructs check the same ones. Read at
 * https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html and
 * https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html, November 2026.
 *
 * @module
 */
import { BentoError } from "../core/bento-error.ts";

export const LAMBDA_LIMITS = {
  memoryMb: { min: 128, max: 10_240 },
  timeoutSeconds: { min: 1, max: 900 },
  ephemeralStorageMb: { min: 512, max: 10_240 },
  /** Names and values together. */
  environmentBytes: 4096,
  functionNameCharacters: 64,
  /** Of managed instances: https://docs.aws.amazon.com/lambda/latest/dg/lambda-managed-instances.html, November 2026. */
  managed: {
    memoryMb: { min: 2048, max: 32_768 },
    timeoutSeconds: { min: 1, max: 5400 },
    memoryGibPerVCpu: [2, 4, 8],
    /** Requests at once in an environment. */
    maxConcurrency: { min: 1, max: 1600 },
    environments: { min: 0, max: 15_000 },
    /** vCPUs of a capacity provider. */
    vCpus: { min: 12, max: 15_000 },
    subnets: { min: 1, max: 16 },
    securityGroups: { min: 1, max: 5 },
    /** All functions of a capacity provider together. */
    versions: 100,
  },
  /** Uncompressed, all layers. */
  imageBytes: 10 * 2 ** 30,
} as const;

/** Variables that Lambda sets itself and refuses to take. */
const RESERVED_VARIABLES = new Set([
  "AWS_ACCESS_KEY",
  "AWS_ACCESS_KEY_ID",
  "AWS_DEFAULT_REGION",
  "AWS_EXECUTION_ENV",
  "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
  "AWS_LAMBDA_FUNCTION_NAME",
  "AWS_LAMBDA_FUNCTION_VERSION",
  "AWS_LAMBDA_INITIALIZATION_TYPE",
  "AWS_LAMBDA_LOG_GROUP_NAME",
  "AWS_LAMBDA_LOG_STREAM_NAME",
  "AWS_LAMBDA_MAX_CONCURRENCY",
  "AWS_LAMBDA_METADATA_API",
  "AWS_LAMBDA_METADATA_TOKEN",
  "AWS_LAMBDA_RUNTIME_API",
  "AWS_REGION",
  "AWS_SECRET_ACCESS_KEY",
  "AWS_SESSION_TOKEN",
]);

/** What is checked; a value that is not known yet is left out. */
export interface LambdaSettings {
  /** @default standard */
  readonly compute?: "standard" | "managedInstances" | undefined;
  readonly functionName?: string | undefined;
  readonly memoryMb?: number | undefined;
  readonly timeoutSeconds?: number | undefined;
  readonly ephemeralStorageMb?: number | undefined;
  readonly reservedConcurrency?: number | undefined;
  readonly environment?: Readonly<Record<string, string>> | undefined;
}

/** Every rule that the settings break, one line each; none when Lambda takes them. */
export function lambdaProblems(settings: LambdaSettings): string[] {
  const { functionName, reservedConcurrency, environment = {} } = settings;
  const isManaged = settings.compute === "managedInstances";
  const { memoryMb, timeoutSeconds } = isManaged ? LAMBDA_LIMITS.managed : LAMBDA_LIMITS;
  const problems = [
    outOfRange("memory", settings.memoryMb, { ...memoryMb, unit: "MB" }),
    outOfRange("timeout", settings.timeoutSeconds, { ...timeoutSeconds, unit: "s" }),
    outOfRange("/tmp", settings.ephemeralStorageMb, {
      ...LAMBDA_LIMITS.ephemeralStorageMb,
      unit: "MB",
    }),
  ].flat();
  if (functionName !== undefined && !/^[A-Za-z0-9_-]{1,64}$/.test(functionName)) {
    problems.push(`function name ${JSON.stringify(functionName)}: 1 to 64 of A-Z a-z 0-9 _ -`);
  }
  if (
    reservedConcurrency !== undefined &&
    !(Number.isInteger(reservedConcurrency) && reservedConcurrency >= 0)
  ) {
    problems.push(`reserved concurrency ${reservedConcurrency}: a whole number from 0`);
  }
  return [...problems, ...environmentProblems(environment)];
}

/**
 * @param where - whose settings they are
 * @throws BentoError BENTO_INVALID_INPUT with every rule that is broken
 */
export function refuseLambdaProblems(problems: readonly string[], where: string): void {
  if (problems.length > 0) {
    throw new BentoError("BENTO_INVALID_INPUT", problems.join("\n"), {
      where,
      hint: "change these settings to what AWS Lambda takes",
    });
  }
}

/** @returns one line when a value is given that is no whole number in the range */
export function outOfRange(
  what: string,
  value: number | undefined,
  { min, max, unit }: { min: number; max: number; unit?: string },
): string[] {
  const isFine = value === undefined || (Number.isInteger(value) && value >= min && value <= max);
  const unitText = unit === undefined ? "" : ` ${unit}`;
  return isFine
    ? []
    : [`${what} ${value}${unitText}: a whole number from ${min} to ${max}${unitText}`];
}

function environmentProblems(environment: Readonly<Record<string, string>>): string[] {
  const names = Object.keys(environment).sort();
  const problems = names.flatMap((name) => {
    if (!/^[A-Za-z][A-Za-z0-9_]+$/.test(name)) {
      return [
        `environment variable ${JSON.stringify(name)}: a letter, then one or more of A-Z a-z 0-9 _`,
      ];
    }
    return RESERVED_VARIABLES.has(name)
      ? [`environment variable ${name}: AWS Lambda sets it itself`]
      : [];
  });
  const bytes = names.reduce(
    (sum, name) => sum + Buffer.byteLength(name) + Buffer.byteLength(environment[name] ?? ""),
    0,
  );
  if (bytes > LAMBDA_LIMITS.environmentBytes) {
    problems.push(
      `environment variables of ${bytes} bytes: ${LAMBDA_LIMITS.environmentBytes} bytes at most`,
    );
  }
  return problems;
}
