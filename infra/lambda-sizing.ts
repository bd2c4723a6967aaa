/**
 * What a bento asks for, in Lambda's words. Lambda gives processor time by memory, so that the larger of both wishes
 * decides.
 *
 * @module
 */
import type { Profile } from "../core/profile.ts";
import type { Resources, Traffic } from "../core/resources.ts";
import { parseMemory } from "../core/units.ts";
import { LAMBDA_LIMITS } from "./lambda-limits.ts";

/** Memory that comes with one vCPU: https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html, November 2026. */
export const MEMORY_MB_PER_CPU = 1769;

/** As in the handler, where a service says nothing. */
const DEFAULT_TIMEOUT_MS = 60_000;

/**
 * @returns memory in MB (Lambda's: 2^20 bytes), not yet checked against Lambda's limits; one vCPU's worth by default
 */
export function lambdaMemoryMb({ cpu, memory }: Resources): number {
  const forCpu = cpu === undefined ? 0 : Math.ceil(cpu * MEMORY_MB_PER_CPU);
  const forMemory = memory === undefined ? 0 : Math.ceil(parseMemory(memory) / 2 ** 20);
  return Math.max(forCpu, forMemory) || MEMORY_MB_PER_CPU;
}

/** @returns the function's timeout in whole seconds, not yet checked against Lambda's limits */
export function lambdaTimeoutSeconds({ timeoutMs = DEFAULT_TIMEOUT_MS }: Traffic): number {
  return Math.ceil(timeoutMs / 1000);
}

/** Requests at once for each vCPU of an environment, where nothing was measured: enough for batches, little to wait. */
const CONCURRENCY_PER_CPU = 32;

/**
 * Requests that an environment on managed instances takes at once, so that each of a model's k runners has the batch at
 * which a row costs least, b*, and one more batch comes together: (k + 1) · b* of the model that wants most.
 *
 * @param vCpus - of an environment, whole or not; there are no more runners than these
 * @returns within Lambda's limits; 32 for each vCPU without a measured model
 */
export function managedConcurrency(profile: Profile | undefined, vCpus: number): number {
  const runners = Math.max(1, Math.floor(vCpus));
  const wishes = Object.values(profile?.models ?? {}).flatMap(({ layout, points }) => {
    const [first, ...rest] = points;
    if (first === undefined) {
      return [];
    }
    const best = rest.reduce((a, b) => (b.ms / b.rows < a.ms / a.rows ? b : a), first);
    return [(Math.min(layout?.threads ?? 1, runners) + 1) * best.rows];
  });
  const wish = wishes.length === 0 ? runners * CONCURRENCY_PER_CPU : Math.max(...wishes);
  return Math.min(wish, LAMBDA_LIMITS.managed.maxConcurrency.max);
}
