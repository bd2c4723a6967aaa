/**
 * Which settings Lambda takes for a function, and what it takes when they are left out.
 *
 * @module
 */
import { AwsFailure, type Members } from "../aws-call.ts";
import { compact, membersOf, numberOf, textOf, textsOf } from "../members.ts";

/** Names that a function's configuration carries as they were given. */
const CARRIED = [
  "Role",
  "Description",
  "Timeout",
  "MemorySize",
  "Environment",
  "EphemeralStorage",
  "Architectures",
  "LoggingConfig",
  "SnapStart",
  "VpcConfig",
  "TracingConfig",
  "DeadLetterConfig",
  "CapacityProviderConfig",
  "FileSystemConfigs",
] as const;

const DEFAULTS: Members = {
  Description: "",
  Timeout: 3,
  MemorySize: 128,
  EphemeralStorage: { Size: 512 },
  Architectures: ["x86_64"],
  SnapStart: { ApplyOn: "None", OptimizationStatus: "Off" },
};

/**
 * Settings after a call.
 *
 * @param before - undefined on creation
 * @throws AwsFailure for values that Lambda refuses
 */
export function settingsAfter(
  name: string,
  parameters: Members,
  before: Members | undefined,
): Members {
  const given = compact(Object.fromEntries(CARRIED.map((key) => [key, parameters[key]])));
  const image = parameters["ImageConfig"];
  const settings: Members = {
    ...DEFAULTS,
    LoggingConfig: { LogFormat: "Text", LogGroup: `/aws/lambda/${name}` },
    ...before,
    ...given,
    ...(image === undefined ? {} : { ImageConfigResponse: { ImageConfig: image } }),
    ...(parameters["SnapStart"] === undefined
      ? {}
      : { SnapStart: { OptimizationStatus: "Off", ...membersOf(parameters, "SnapStart") } }),
  };
  checkSettings(settings);
  return settings;
}

function checkSettings(settings: Members): void {
  const managed = settings["CapacityProviderConfig"] !== undefined;
  const memory = numberOf(settings, "MemorySize") ?? 0;
  const timeout = numberOf(settings, "Timeout") ?? 0;
  checkRange("memorySize", memory, [managed ? 2048 : 128, managed ? 32_768 : 10_240]);
  checkRange("timeout", timeout, [1, 900]);
  const variables = membersOf(membersOf(settings, "Environment"), "Variables");
  const bytes = Buffer.byteLength(JSON.stringify(variables));
  if (bytes > 4096) {
    throw invalid(
      `Lambda was unable to configure your environment variables because the environment variables you have provided exceeded the 4KB limit. String measured: ${JSON.stringify(variables)}`,
    );
  }
  const reserved = Object.keys(variables).filter((key) => RESERVED.has(key));
  if (reserved.length > 0) {
    throw invalid(
      `Lambda was unable to configure your environment variables because the environment variables you have provided contains reserved keys that are currently not supported for modification. Reserved keys used in this request: ${reserved.join(", ")}`,
    );
  }
  if (textOf(settings, "Role") === undefined) {
    throw invalid("The role defined for the function cannot be assumed by Lambda.");
  }
  if (textsOf(settings, "Architectures").length !== 1) {
    throw invalid("A function has one architecture");
  }
}

const RESERVED = new Set([
  "AWS_REGION",
  "AWS_DEFAULT_REGION",
  "AWS_ACCESS_KEY_ID",
  "AWS_SECRET_ACCESS_KEY",
  "AWS_SESSION_TOKEN",
  "AWS_LAMBDA_FUNCTION_NAME",
  "AWS_LAMBDA_RUNTIME_API",
  "LAMBDA_TASK_ROOT",
]);

function checkRange(name: string, value: number, [low, high]: readonly [number, number]): void {
  if (value < low || value > high) {
    const bound = value < low ? `greater than or equal to ${low}` : `less than or equal to ${high}`;
    throw new AwsFailure(
      "ValidationException",
      `1 validation error detected: Value '${value}' at '${name}' failed to satisfy constraint: Member must have value ${bound}`,
    );
  }
}

function invalid(message: string): AwsFailure {
  return new AwsFailure("InvalidParameterValueException", message, 400, { Type: "User" });
}
