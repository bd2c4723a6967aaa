import { describe, expect, it } from "vitest";
import * as z from "zod";
import { caught } from "../support/caught.ts";
import {
  type AnyDefiners,
  API,
  apis,
  define,
  problemsOf,
  withOptions,
} from "../support/service-options.ts";

const BATCH = { parameter: "rows", row: z.number(), result: z.number(), run: () => [] };
const HINT = "mend the options of service({ … }) in service.ts";

describe("service reports", () => {
  it("every problem at once", () => {
    const options = {
      name: "Iris",
      modles: {},
      resources: { cpu: "2", memory: "1GB", gpus: 1 },
      traffic: { timeout: 60 },
      models: { iris: "iris:latest" },
      env: "HOME",
      apis: ({ api, batch }: AnyDefiners) => ({
        metrics: api(API),
        many: batch({ ...BATCH, max_batch_size: 3, maxLatencyMs: Number.NaN }),
        out: api({ ...API, output: z.string().transform(Number) }),
      }),
    };
    expect(caught(() => define(options))).toMatchInlineSnapshot(`
      {
        "code": "BENTO_INVALID_SERVICE",
        "hint": "mend the options of service({ … }) in service.ts",
        "message": "service: unknown option "modles"; did you mean models?
      name: expected 1 to 63 of a-z 0-9 . _ -, a letter or digit at both ends, got "Iris"
      env: expected a list of variable names, e.g. ["DATABASE_URL"], got "HOME"
      models.iris: expected model("name:version") or model.file("./m.onnx"), got "iris:latest"
      resources: unknown option "gpus"; did you mean gpu?
      resources.cpu: expected a number of vCPUs above 0, e.g. 2 or 0.5, got "2"; write cpu: 2
      resources.memory: expected an amount of memory with its unit, e.g. 512Mi or 1Gi, got "1GB"
      traffic: unknown option "timeout"; here it is timeoutMs, in milliseconds
      apis.metrics: /metrics is a path of the server itself; name the api otherwise
      apis.many: unknown option "max_batch_size"; here it is maxBatchSize
      apis.many.maxLatencyMs: expected milliseconds above 0, got NaN
      apis.out.output: a one-way transform cannot stand in an answer; use z.codec(…) with a way back, or transform inside run",
        "where": "service "Iris"",
      }
    `);
  });

  it("the place by the service's name, or by the call where it has none", () => {
    expect(caught(() => define({ name: "iris", apis: 1 }))).toEqual({
      code: "BENTO_INVALID_SERVICE",
      message:
        "apis: expected a function of the definers, e.g. apis: ({ api, batch }) => ({ … }), got 1",
      where: 'service "iris"',
      hint: HINT,
    });
    expect(caught(() => define({ apis }))).toEqual({
      code: "BENTO_INVALID_SERVICE",
      message:
        "name: expected 1 to 63 of a-z 0-9 . _ -, a letter or digit at both ends, got nothing",
      where: "service({ … })",
      hint: HINT,
    });
  });

  it("what apis threw, with the error as its cause", () => {
    const options = withOptions({
      apis: (definers: unknown) => (definers as { stream(): unknown }).stream(),
      env: 1,
    });
    let error: unknown;
    try {
      define(options);
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toMatchObject({
      message:
        'env: expected a list of variable names, e.g. ["DATABASE_URL"], got 1\n' +
        "apis: the function threw TypeError: definers.stream is not a function",
      cause: expect.any(TypeError),
    });
  });
});

describe("service rejects", () => {
  const name = "name: expected 1 to 63 of a-z 0-9 . _ -, a letter or digit at both ends, got";

  it.each<[string, unknown, string[]]>([
    ["no options", undefined, ["service: expected an object of options, got nothing"]],
    ["a text for options", "iris", ['service: expected an object of options, got "iris"']],
    ["no name", { apis }, [`${name} nothing`]],
    ["a name with capitals", { name: "Iris", apis }, [`${name} "Iris"`]],
    ["a name that is a tag", { name: "iris:v1", apis }, [`${name} "iris:v1"`]],
    [
      "an unknown option",
      withOptions({ resorces: {} }),
      ['service: unknown option "resorces"; did you mean resources?'],
    ],
    ["an option that is like no other", withOptions({ xyz: 1 }), ['service: unknown option "xyz"']],
    [
      "the name of a built-in property",
      withOptions({ constructor: 1 }),
      ['service: unknown option "constructor"'],
    ],
    [
      "BentoML's envs",
      withOptions({ envs: [] }),
      ['service: unknown option "envs"; here it is env, a list of names'],
    ],
    [
      "a description that is no text",
      withOptions({ description: 1 }),
      ["description: expected a text, got 1"],
    ],
    [
      "a hook that is no function",
      withOptions({ onStart: "x" }),
      ['onStart: expected a function, got "x"'],
    ],
    [
      "env as an object",
      withOptions({ env: { A: "b" } }),
      ['env: expected a list of variable names, e.g. ["DATABASE_URL"], got {"A":"b"}'],
    ],
    [
      "BentoML's objects in env",
      withOptions({ env: [{ name: "A" }] }),
      ['env[0]: expected the name of a variable, e.g. DATABASE_URL, got {"name":"A"}'],
    ],
    [
      "a variable that no shell takes",
      withOptions({ env: ["A", "A=b"] }),
      ['env[1]: expected the name of a variable, e.g. DATABASE_URL, got "A=b"'],
    ],
  ])("%s", (_, options, problems) => {
    expect(problemsOf(options)).toEqual(problems);
  });
});
