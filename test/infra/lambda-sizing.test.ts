import { describe, expect, it } from "vitest";
import { lambdaMemoryMb, lambdaTimeoutSeconds } from "../../infra/lambda-sizing.ts";

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
