import { describe, expect, it } from "vitest";
import { gpuDemand } from "../../../adapters/aws-ecs-gpu/gpu-demand.ts";
import { instanceTypesFor } from "../../../adapters/aws-ecs-gpu/gpu-types.ts";

describe("instanceTypesFor", () => {
  it.each<[string, number, "managed-instances" | "asg", readonly string[]]>([
    ["nvidia-l4", 1, "managed-instances", ["g6.*"]],
    ["nvidia-l4", 8, "managed-instances", ["g6.*"]],
    ["nvidia-l4", 1, "asg", ["g6.xlarge"]],
    ["nvidia-l4", 2, "asg", ["g6.12xlarge"]],
    ["nvidia-t4", 8, "asg", ["g4dn.metal"]],
    ["nvidia-a100", 1, "asg", ["p4d.24xlarge"]],
  ])("gives %s × %d on %s the instances %j", (gpuType, gpus, capacity, types) => {
    expect(instanceTypesFor({ gpuType, gpus, capacity })).toEqual(types);
  });

  it.each(["", "toString", "L4", "nvidia-rtx"])("knows no %j", (gpuType) => {
    const found = instanceTypesFor({ gpuType, gpus: 1, capacity: "asg" });
    expect(found).toMatch(/^GPU ".*": .*or set instanceTypes$/);
  });
});

describe("gpuDemand", () => {
  it.each([
    ["recreate", 2, 6],
    ["rolling", 4, 12],
    ["canary", 4, 12],
    ["linear", 4, 12],
    ["blue-green", 4, 12],
  ] as const)("of %s is for both versions where both run", (rollout, duringRollout, atMost) => {
    const demand = gpuDemand({ gpus: 2, minTasks: 1, maxTasks: 3, rollout });
    expect(demand).toEqual({ perTask: 2, atRest: 2, duringRollout, atMost });
  });
});
