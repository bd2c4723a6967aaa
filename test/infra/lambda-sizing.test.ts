import { describe, expect, it } from "vitest";
import { digestOf } from "../../core/digest.ts";
import type { ModelProfile } from "../../core/profile.ts";
import {
  lambdaMemoryMb,
  lambdaTimeoutSeconds,
  managedConcurrency,
} from "../../infra/lambda-sizing.ts";

describe("lambdaMemoryMb", () => {
  it.each([
    [{}, 1769],
    [{ memory: "1Gi" }, 1024],
    [{ memory: "1G" }, 954],
    [{ cpu: 1 }, 1769],
    [{ cpu: 0.5, memory: "1Gi" }, 1024],
    [{ cpu: 2, memory: "1Gi" }, 3538],
  ])("of %j is %d MB", (resources, memoryMb) => {
    expect(lambdaMemoryMb(resources)).toBe(memoryMb);
  });
});

describe("lambdaTimeoutSeconds", () => {
  it.each([
    [{}, 60],
    [{ timeoutMs: 10_000 }, 10],
    [{ timeoutMs: 1 }, 1],
    [{ timeoutMs: 1500 }, 2],
  ])("of %j is %d s", (traffic, seconds) => {
    expect(lambdaTimeoutSeconds(traffic)).toBe(seconds);
  });
});

describe("managedConcurrency", () => {
  const modelOf = (threads: number | undefined, rows: number): ModelProfile => ({
    digest: digestOf("model"),
    ...(threads === undefined ? {} : { layout: { threads, intraOpThreads: 1 } }),
    points: [
      { rows: 1, ms: 2 },
      { rows, ms: rows },
      { rows: rows + 1, ms: 3 * rows },
    ],
  });
  const profileOf = (models: Record<string, ModelProfile>) => ({
    schema: 1 as const,
    machine: { cores: 4, arch: "x64", cpu: "any" },
    models,
  });

  it.each<[string, Record<string, ModelProfile>, number, number]>([
    ["a model on the event loop", { a: modelOf(undefined, 16) }, 4, 32],
    ["a model on threads", { a: modelOf(3, 16) }, 4, 64],
    ["as many threads as vCPUs at most", { a: modelOf(8, 16) }, 1.5, 32],
    ["the model that wants most", { a: modelOf(1, 16), b: modelOf(1, 20) }, 1, 40],
    ["no more than Lambda takes", { a: modelOf(1, 5000) }, 1, 1600],
    ["no model", {}, 2, 64],
    ["a model that was not measured", { a: { digest: digestOf("a"), points: [] } }, 1, 32],
  ])("of %s", (_what, models, vCpus, concurrency) => {
    expect(managedConcurrency(profileOf(models), vCpus)).toBe(concurrency);
  });
});
