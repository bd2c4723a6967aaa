import { expect, it, describe as suite } from "vitest";
import * as z from "zod";
import { model, service } from "../../core/index.ts";
import { describe } from "../../handler/describe.ts";
import { ServiceDescription } from "../../packager/describe-service.ts";

const apis = ({ api }: { api: (options: never) => never }) => ({
  go: api({ input: {}, output: z.number(), run: () => 1 } as never),
});
const named = (name: string) => service({ name, apis: apis as never });

const whole = service({
  name: "iris_classifier",
  description: "Names flowers.",
  models: {
    iris: model("iris_classifier:latest", { batch: { maxBatchSize: 8 } }),
    local: model.file("./m.onnx"),
  },
  resources: { cpu: 1, memory: "1Gi" },
  traffic: { timeoutMs: 10_000 },
  env: ["API_KEY"],
  apis: ({ api, batch }) => ({
    classify: batch({
      description: "Name the species.",
      parameter: "x",
      row: z.number(),
      result: z.string(),
      run: () => [],
    }),
    go: api({ input: {}, output: z.number(), run: () => 1 }),
  }),
});

suite("describe", () => {
  it("tells a build all that it needs, as plain JSON that the packager reads", () => {
    const { openapi, schema, ...rest } = describe({ default: whole });
    expect(rest).toEqual({
      name: "iris_classifier",
      description: "Names flowers.",
      models: [
        { key: "iris", tag: "iris_classifier:latest", batch: { maxBatchSize: 8 } },
        { key: "local", file: "./m.onnx" },
      ],
      apis: [
        { name: "classify", kind: "batch", description: "Name the species." },
        { name: "go", kind: "api" },
      ],
      resources: { cpu: 1, memory: "1Gi" },
      traffic: { timeoutMs: 10_000 },
      env: ["API_KEY"],
    });
    expect([openapi.info.title, schema.name]).toEqual(["iris_classifier", "iris_classifier"]);
    const sent: unknown = JSON.parse(JSON.stringify(describe({ default: whole })));
    expect(ServiceDescription.parse(sent)).toEqual(sent);
  });

  it("says the same each time", () => {
    expect(JSON.stringify(describe({ default: whole }))).toBe(
      JSON.stringify(describe({ default: whole })),
    );
  });

  it.each<[string, Record<string, unknown>, string | undefined, string]>([
    ["the default export", { default: named("a"), other: named("b") }, undefined, "a"],
    ["a named export", { default: named("a"), other: named("b") }, "other", "b"],
    ["the only service there is", { Flower: z.object({}), only: named("c") }, undefined, "c"],
  ])("finds %s", (_, exports, exportName, name) => {
    expect(describe(exports, exportName).name).toBe(name);
  });

  it.each<[string, Record<string, unknown>, string | undefined, string, string]>([
    [
      "nothing",
      {},
      undefined,
      "the module has no default export; it exports nothing",
      "write: export default service({ … })",
    ],
    [
      "another default export",
      { default: () => 1, Flower: {} },
      undefined,
      "the default export is a function, not a service; it exports default, Flower",
      "write: export default service({ … })",
    ],
    [
      "several services",
      { a: named("a"), b: named("b") },
      undefined,
      "the module has no default export; it exports a, b",
      "name one: service.ts:a or service.ts:b, on the command line or as service: in bentofile.yaml",
    ],
    [
      "a misspelt name",
      { Iris: named("a") },
      "Irsi",
      'the module has no export "Irsi"; it exports Iris',
      "did you mean service: service.ts:Iris?",
    ],
    [
      "a name of something else",
      { Iris: [1], Other: named("b") },
      "Iris",
      "the export Iris is a list, not a service; it exports Iris, Other",
      "name one: service.ts:Other, on the command line or as service: in bentofile.yaml",
    ],
  ])("refuses a module with %s", (_, exports, exportName, message, hint) => {
    expect(() => describe(exports, exportName)).toThrow(
      expect.objectContaining({
        code: "BENTO_INVALID_SERVICE",
        message,
        where: "service.ts",
        hint,
      }),
    );
  });
});
