import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Resources, Traffic } from "../../core/resources.ts";
import { type Options, problemsOf, withOptions } from "../support/service-options.ts";

describe("service rejects, of resources and traffic,", () => {
  const cpu = "resources.cpu: expected a number of vCPUs above 0, e.g. 2 or 0.5, got";
  const memory =
    "resources.memory: expected an amount of memory with its unit, e.g. 512Mi or 1Gi, got";

  it.each<[string, Options, string[]]>([
    [
      "a list",
      { resources: [] },
      ['resources: expected an object, e.g. { cpu: 1, memory: "1Gi" }, got []'],
    ],
    [
      "null",
      { traffic: null },
      ["traffic: expected an object, e.g. { timeoutMs: 10_000 }, got null"],
    ],
    ["BentoML's text for vCPUs", { resources: { cpu: "2" } }, [`${cpu} "2"; write cpu: 2`]],
    ["Kubernetes' thousandths", { resources: { cpu: "200m" } }, [`${cpu} "200m"; write cpu: 0.2`]],
    ["vCPUs in words", { resources: { cpu: "two" } }, [`${cpu} "two"`]],
    ["no vCPUs", { resources: { cpu: 0 } }, [`${cpu} 0`]],
    ["NaN", { resources: { cpu: Number.NaN } }, [`${cpu} NaN`]],
    ["a unit that is none", { resources: { memory: "1GB" } }, [`${memory} "1GB"`]],
    ["BentoML's number of GiB", { resources: { memory: 4 } }, [`${memory} 4; write memory: "4Gi"`]],
    ["a number of bytes", { resources: { memory: 1_073_741_824 } }, [`${memory} 1073741824`]],
    [
      "part of a GPU",
      { resources: { gpu: 0.5 } },
      ["resources.gpu: expected a whole number of GPUs from 0, got 0.5"],
    ],
    [
      "a kind of GPU that is no text",
      { resources: { gpuType: 4 } },
      ["resources.gpuType: expected the kind of GPU, e.g. nvidia-l4, got 4"],
    ],
    [
      "BentoML's gpu_type",
      { resources: { gpu_type: "nvidia-l4" } },
      ['resources: unknown option "gpu_type"; here it is gpuType'],
    ],
    [
      "BentoML's timeout",
      { traffic: { timeout: 60 } },
      ['traffic: unknown option "timeout"; here it is timeoutMs, in milliseconds'],
    ],
    [
      "BentoML's max_concurrency",
      { traffic: { max_concurrency: 8 } },
      ['traffic: unknown option "max_concurrency"; here it is maxConcurrency'],
    ],
    [
      "a negative time",
      { traffic: { timeoutMs: -1 } },
      ["traffic.timeoutMs: expected milliseconds above 0, got -1"],
    ],
    [
      "half a request",
      { traffic: { maxConcurrency: 1.5, concurrency: 0 } },
      [
        "traffic.maxConcurrency: expected a whole number of requests from 1, got 1.5",
        "traffic.concurrency: expected a whole number of requests from 1, got 0",
      ],
    ],
    [
      "several fields at once",
      { resources: { cpu: "x", memory: "x" } },
      [`${cpu} "x"`, `${memory} "x"`],
    ],
  ])("%s", (_, options, problems) => {
    expect(problemsOf(withOptions(options))).toEqual(problems);
  });

  it.each([
    ["resources", Object.keys(Resources.shape)],
    ["traffic", Object.keys(Traffic.shape)],
  ])("each field of %s in words of its own", (table, keys) => {
    const values = Object.fromEntries(keys.map((key) => [key, Symbol("wrong")]));
    const lines = problemsOf(withOptions({ [table]: values }));
    expect(lines?.map((line) => /^\w+\.(\w+): expected (?!undefined)/.exec(line)?.[1])).toEqual(
      keys,
    );
  });

  const values = fc.anything({ withBigInt: true, withDate: true, withSparseArray: true });
  it.each(["cpu", "gpu", "gpuType"] as const)("what the schema rejects of resources.%s", (key) => {
    const schema = Resources.shape[key];
    fc.assert(
      fc.property(fc.oneof(values, fc.double(), fc.integer(), fc.string()), (value) => {
        const problems = problemsOf(withOptions({ resources: { [key]: value } }));
        expect(problems === undefined).toBe(schema.safeParse(value).success);
      }),
    );
  });

  it.each(["timeoutMs", "maxConcurrency", "concurrency"] as const)(
    "what the schema rejects of traffic.%s",
    (key) => {
      const schema = Traffic.shape[key];
      fc.assert(
        fc.property(fc.oneof(values, fc.double(), fc.integer(), fc.string()), (value) => {
          const problems = problemsOf(withOptions({ traffic: { [key]: value } }));
          expect(problems === undefined).toBe(schema.safeParse(value).success);
        }),
      );
    },
  );
});
