/**
 * What Lambda takes of each kind of compute, as rules on plain numbers, shared by plans and constructs.
 *
 * @module
 */
import { LAMBDA_LIMITS, outOfRange } from "./lambda-limits.ts";

/** What is checked; a value that is not known yet is left out. */
export interface StandardSettings {
  readonly reservedConcurrency?: number | undefined;
  readonly provisionedConcurrency?: number | undefined;
  readonly snapStart?: boolean | undefined;
  /** Size of `/tmp`. */
  readonly ephemeralStorageMb?: number | undefined;
}

/** What is checked; a value that is not known yet is left out. */
export interface ManagedSettings {
  readonly memoryMb?: number | undefined;
  readonly memoryGibPerVCpu?: number | undefined;
  readonly maxConcurrency?: number | undefined;
  readonly minEnvironments?: number | undefined;
  readonly maxEnvironments?: number | undefined;
  readonly maxVCpus?: number | undefined;
  /** Percent. */
  readonly targetCpuUtilization?: number | undefined;
}

/** Every rule that the settings break, one line each. */
export function standardProblems(settings: StandardSettings): string[] {
  const { reservedConcurrency: reserved, provisionedConcurrency: provisioned } = settings;
  const problems: string[] = [];
  if (provisioned !== undefined && !(Number.isInteger(provisioned) && provisioned >= 1)) {
    problems.push(`provisioned concurrency ${provisioned}: a whole number from 1`);
  }
  if (provisioned !== undefined && reserved !== undefined && provisioned > reserved) {
    problems.push(
      `provisioned concurrency ${provisioned}: at most the ${reserved} that are reserved`,
    );
  }
  if (settings.snapStart !== true) {
    return problems;
  }
  const { min } = LAMBDA_LIMITS.ephemeralStorageMb;
  if (provisioned !== undefined) {
    problems.push(`SnapStart with provisioned concurrency ${provisioned}: one of the two`);
  }
  if ((settings.ephemeralStorageMb ?? min) > min) {
    problems.push(`SnapStart with a /tmp of ${settings.ephemeralStorageMb} MB: ${min} MB at most`);
  }
  return problems;
}

/** Every rule that the settings break, one line each. */
export function managedProblems(settings: ManagedSettings): string[] {
  const { maxConcurrency, environments, vCpus } = LAMBDA_LIMITS.managed;
  const { minEnvironments: least, maxEnvironments: most } = settings;
  const problems = [
    ratioProblems(settings),
    outOfRange("concurrency of an environment", settings.maxConcurrency, maxConcurrency),
    outOfRange("least environments", least, environments),
    outOfRange("most environments", most, environments),
    outOfRange("vCPUs", settings.maxVCpus, vCpus),
    outOfRange("utilization", settings.targetCpuUtilization, { min: 1, max: 100, unit: "%" }),
  ].flat();
  if (least !== undefined && most !== undefined && least > most) {
    problems.push(`least environments ${least}: at most the ${most} of the most environments`);
  }
  return problems;
}

/** @param versions - of all functions on one capacity provider */
export function versionProblems(versions: number): string[] {
  const { versions: most } = LAMBDA_LIMITS.managed;
  return versions <= most
    ? []
    : [`${versions} function versions on one capacity provider: ${most} at most`];
}

/** An environment has whole vCPUs, one at least. */
function ratioProblems({ memoryMb, memoryGibPerVCpu }: ManagedSettings): string[] {
  const ratios: readonly number[] = LAMBDA_LIMITS.managed.memoryGibPerVCpu;
  if (memoryGibPerVCpu === undefined) {
    return [];
  }
  if (!ratios.includes(memoryGibPerVCpu)) {
    return [`memory of ${memoryGibPerVCpu} GiB for each vCPU: ${ratios.join(", ")} GiB`];
  }
  return memoryMb === undefined || memoryMb >= memoryGibPerVCpu * 1024
    ? []
    : [
        `memory ${memoryMb} MB at ${memoryGibPerVCpu} GiB for each vCPU: one vCPU, ${memoryGibPerVCpu * 1024} MB, at least`,
      ];
}
