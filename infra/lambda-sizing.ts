/**
 * What a bento asks for, in Lambda's words. Lambda gives processor time by memory, so that the larger of both wishes
 * decides.
 *
 * @module
 */
import type { Resources, Traffic } from "../core/resources.ts";
import { parseMemory } from "../core/units.ts";

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
