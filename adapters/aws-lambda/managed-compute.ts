/**
 * Managed instances as the options and the bento's profile ask for them: enough requests at once that while every thread
 * works on a best batch another one comes together.
 *
 * @module
 */
import { Profile } from "../../core/profile.ts";
import { managedProblems } from "../../infra/compute-limits.ts";
import { given } from "../../infra/given.ts";
import { managedConcurrency } from "../../infra/lambda-sizing.ts";
import type { LambdaManagedCompute } from "../../infra/lambda-spec.ts";
import type { Desired } from "../adapter.ts";
import type { AwsLambdaOptions } from "./options.ts";

/** The variable by which a profile travels with a deploy. */
export const PROFILE_VARIABLE = "BENTO_PROFILE";

const LEAST_MEMORY_GIB_PER_VCPU = 2;

/** Options that mean something on managed instances alone. */
const MANAGED_OPTIONS = [
  "maxConcurrency",
  "memoryGibPerVcpu",
  "capacityProviderArn",
  "subnetIds",
  "securityGroupIds",
  "instanceTypes",
  "minEnvironments",
  "maxEnvironments",
] as const;

/**
 * @param memoryMb - of an environment
 * @param profile - as `BENTO_PROFILE` holds it; a file's name, which means something in the image only, says nothing
 */
export function managedCompute(
  { options, manifest }: Desired<AwsLambdaOptions>,
  { memoryMb, profile }: { readonly memoryMb: number; readonly profile: string | undefined },
): LambdaManagedCompute {
  const { capacityProviderArn, minEnvironments, maxEnvironments } = options;
  const memoryGibPerVcpu = options.memoryGibPerVcpu ?? LEAST_MEMORY_GIB_PER_VCPU;
  const measured = readProfile(profile);
  const asked = measured === undefined ? manifest.traffic.concurrency : undefined;
  return {
    kind: "managed-instances",
    maxConcurrency:
      options.maxConcurrency ??
      asked ??
      managedConcurrency(measured, memoryMb / 1024 / memoryGibPerVcpu),
    memoryGibPerVcpu,
    ...given({ capacityProviderArn }),
    subnetIds: [...(options.subnetIds ?? [])].sort(),
    securityGroupIds: [...(options.securityGroupIds ?? [])].sort(),
    instanceTypes: [...(options.instanceTypes ?? [])].sort(),
    ...given({ minEnvironments, maxEnvironments }),
  };
}

function readProfile(text: string | undefined): Profile | undefined {
  try {
    return text === undefined ? undefined : Profile.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

/** What the options break among themselves, one line each. */
export function computeProblems(options: AwsLambdaOptions): string[] {
  if (options.compute === "standard") {
    return MANAGED_OPTIONS.filter((name) => options[name] !== undefined).map(
      (name) => `${name} is for compute managed-instances, not standard`,
    );
  }
  const problems: string[] = [];
  const isOwn = options.capacityProviderArn === undefined;
  for (const name of ["subnetIds", "securityGroupIds"] as const) {
    const isEmpty = (options[name] ?? []).length === 0;
    if (isOwn && isEmpty) {
      problems.push(
        `${name} is not given: a capacity provider is made in the network that you name`,
      );
    } else if (!isOwn && !isEmpty) {
      problems.push(`${name} with capacityProviderArn: that one has its network`);
    }
  }
  if (!isOwn && options.instanceTypes !== undefined) {
    problems.push("instanceTypes with capacityProviderArn: that one has its instances");
  }
  if (options.snapStart) {
    problems.push("snapStart with managed-instances: it is for compute standard");
  }
  if (options.reservedConcurrency !== undefined) {
    problems.push("reservedConcurrency with managed-instances: set maxEnvironments");
  }
  return [...problems, ...managedProblems(options)];
}
