import { describe, expect, it } from "vitest";
import * as z from "zod";
import { model } from "../../core/model-ref.ts";
import { isService, service } from "../../core/service.ts";

const Row = z.object({ width: z.number() });
const run = () => [];

describe("service", () => {
  it("keeps what it was given, with the defaults written out", () => {
    const made = service({
      name: "iris",
      description: "Names flowers.",
      models: { iris: model("iris_classifier:latest", { batch: { maxBatchSize: 8 } }) },
      resources: { cpu: 0.5, memory: "1Gi", gpu: 1, gpuType: "nvidia-l4" },
      traffic: { timeoutMs: 10_000, maxConcurrency: 256, concurrency: 32 },
      env: ["DATABASE_URL"],
      apis: ({ api, batch }) => ({
        classify: batch({ parameter: "rows", row: Row, result: z.string(), maxBatchSize: 32, run }),
        one: api({ input: { row: Row }, output: z.number(), run: () => 1 }),
      }),
    });
    expect(made).toMatchObject({
      kind: "service",
      name: "iris",
      definition: {
        name: "iris",
        description: "Names flowers.",
        models: {
          iris: { kind: "model", tag: "iris_classifier:latest", batch: { maxBatchSize: 8 } },
        },
        resources: { cpu: 0.5, memory: "1Gi", gpu: 1, gpuType: "nvidia-l4" },
        traffic: { timeoutMs: 10_000, maxConcurrency: 256, concurrency: 32 },
        env: ["DATABASE_URL"],
        apis: {
          classify: { kind: "batch", parameter: "rows", per: "request", maxBatchSize: 32, run },
          one: { kind: "api", input: { row: Row } },
        },
      },
    });
  });

  it("needs no models", () => {
    const made = service({
      name: "adder",
      apis: ({ api }) => ({ one: api({ input: {}, output: z.number(), run: () => 1 }) }),
    });
    expect(made.definition.models).toEqual({});
  });

  it("calls none of the user's functions but apis", () => {
    const fail = () => {
      throw new Error("called");
    };
    expect(() =>
      service({
        name: "idle",
        onStart: fail,
        onStop: fail,
        isReady: fail,
        apis: ({ api }) => ({ one: api({ input: {}, output: z.number(), run: fail }) }),
      }),
    ).not.toThrow();
  });
});

describe("isService", () => {
  const made = service({
    name: "iris",
    apis: ({ api }) => ({ one: api({ input: {}, output: z.number(), run: () => 1 }) }),
  });

  it("knows a service, also from another copy of the module", () => {
    expect([isService(made), isService({ ...made })]).toEqual([true, true]);
  });

  it.each([null, undefined, "service", {}, { kind: "service" }, { kind: "model", definition: {} }])(
    "says no to %j",
    (value) => {
      expect(isService(value)).toBe(false);
    },
  );
});
