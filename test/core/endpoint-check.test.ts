import { describe, expect, it } from "vitest";
import * as z from "zod";
import { BUILT_IN_PATHS } from "../../core/endpoint-check.ts";
import {
  type AnyDefiners,
  API,
  type Options,
  problemsOf,
  withApi,
  withBatch,
  withOptions,
} from "../support/service-options.ts";

describe("service rejects, of apis,", () => {
  it.each<[string, unknown, string[]]>([
    [
      "none",
      { name: "iris" },
      [
        "apis: expected a function of the definers, e.g. apis: ({ api, batch }) => ({ … }), got nothing",
      ],
    ],
    [
      "an object instead of a function",
      withOptions({ apis: {} }),
      ["apis: expected a function of the definers, e.g. apis: ({ api, batch }) => ({ … }), got {}"],
    ],
    [
      "an empty object",
      withOptions({ apis: () => ({}) }),
      ["apis: expected an object with at least one api, got {}"],
    ],
    [
      "nothing returned",
      withOptions({ apis: () => undefined }),
      ["apis: expected an object with at least one api, got nothing"],
    ],
    [
      "a promise",
      withOptions({ apis: async () => ({}) }),
      ["apis: expected an object with at least one api, got a promise"],
    ],
    [
      "a bare function",
      withOptions({ apis: () => ({ one: () => 1 }) }),
      ["apis.one: expected what api({ … }) or batch({ … }) returns, got a function"],
    ],
    [
      "null",
      withOptions({ apis: () => ({ one: null }) }),
      ["apis.one: expected what api({ … }) or batch({ … }) returns, got null"],
    ],
    [
      "a name with a slash",
      withOptions({ apis: ({ api }: AnyDefiners) => ({ "a/b": api(API) }) }),
      [
        'apis.a/b: expected a name of 1 to 63 letters, digits, _ and -, a letter or _ first, got "a/b"',
      ],
    ],
    [
      "a name that starts with a digit",
      withOptions({ apis: ({ api }: AnyDefiners) => ({ "1st": api(API) }) }),
      [
        'apis.1st: expected a name of 1 to 63 letters, digits, _ and -, a letter or _ first, got "1st"',
      ],
    ],
  ])("%s", (_, options, problems) => {
    expect(problemsOf(options)).toEqual(problems);
  });

  it.each(BUILT_IN_PATHS)("one called like the path /%s", (name) => {
    const options = withOptions({ apis: ({ api }: AnyDefiners) => ({ [name]: api(API) }) });
    expect(problemsOf(options)).toEqual([
      `apis.${name}: /${name} is a path of the server itself; name the api otherwise`,
    ]);
  });
});

describe("service rejects, of an api,", () => {
  it.each<[string, unknown, string[]]>([
    [
      "no options",
      withOptions({ apis: ({ api }: AnyDefiners) => ({ one: api(undefined) }) }),
      [
        "apis.one.run: expected a function, got nothing",
        "apis.one.input: expected an object of schemas, e.g. { features: z.array(z.number()) }, got nothing",
        "apis.one.output: expected a zod schema, got nothing",
      ],
    ],
    [
      "a schema for its input",
      withApi({ input: z.object({}) }),
      [
        "apis.one.input: expected an object of schemas, e.g. { features: z.array(z.number()) }, got a zod schema",
      ],
    ],
    [
      "a type's name for a schema",
      withApi({ input: { a: "number" } }),
      ['apis.one.input.a: expected a zod schema, got "number"'],
    ],
    [
      "an output that is no schema",
      withApi({ output: Number }),
      ["apis.one.output: expected a zod schema, got a function"],
    ],
    [
      "a one-way transform in its output",
      withApi({ output: z.array(z.string().transform(Number)) }),
      [
        "apis.one.output: a one-way transform cannot stand in an answer; use z.codec(…) with a way back, or transform inside run",
      ],
    ],
    [
      "a run that is no function",
      withApi({ run: "x" }),
      ['apis.one.run: expected a function, got "x"'],
    ],
    [
      "a description that is no text",
      withApi({ description: 1 }),
      ["apis.one.description: expected a text, got 1"],
    ],
    [
      "a typo",
      withApi({ ouput: z.number() }),
      ['apis.one: unknown option "ouput"; did you mean output?'],
    ],
    [
      "BentoML's batchable",
      withApi({ batchable: true }),
      ['apis.one: unknown option "batchable"; here it is the `batch` definer instead of `api`'],
    ],
    [
      "BentoML's specs and route",
      withApi({ input_spec: 1, output_spec: 1, route: "/x" }),
      [
        'apis.one: unknown option "input_spec"; here it is input, an object of schemas',
        'apis.one: unknown option "output_spec"; here it is output, a schema',
        'apis.one: unknown option "route"; here it is the api\'s key in what `apis` returns',
      ],
    ],
  ])("%s", (_, options, problems) => {
    expect(problemsOf(options)).toEqual(problems);
  });

  it("nothing about a one-way transform in its input", () => {
    const input = { a: z.string().transform(Number) };
    expect(problemsOf(withApi({ input }))).toBeUndefined();
  });
});

describe("service rejects, of a batch,", () => {
  it.each<[string, Options, string[]]>([
    [
      "no parameter",
      { parameter: undefined },
      [
        'apis.many.parameter: expected the key of the rows in the request, e.g. "features", got nothing',
      ],
    ],
    [
      "an empty parameter",
      { parameter: "" },
      ['apis.many.parameter: expected the key of the rows in the request, e.g. "features", got ""'],
    ],
    ["no row", { row: undefined }, ["apis.many.row: expected a zod schema, got nothing"]],
    ["no result", { result: undefined }, ["apis.many.result: expected a zod schema, got nothing"]],
    [
      "a one-way transform in its result",
      { result: z.preprocess(Number, z.number()) },
      [
        "apis.many.result: a one-way transform cannot stand in an answer; use z.codec(…) with a way back, or transform inside run",
      ],
    ],
    ["an unknown per", { per: "row" }, ['apis.many.per: expected "request" or "item", got "row"']],
    [
      "BentoML's spellings",
      { max_batch_size: 8, max_latency_ms: 10 },
      [
        'apis.many: unknown option "max_batch_size"; here it is maxBatchSize',
        'apis.many: unknown option "max_latency_ms"; here it is maxLatencyMs',
      ],
    ],
    [
      "a typo",
      { maxBatchsize: 8 },
      ['apis.many: unknown option "maxBatchsize"; did you mean maxBatchSize?'],
    ],
    [
      "no rows",
      { maxBatchSize: 0 },
      ["apis.many.maxBatchSize: expected a whole number of rows from 1, got 0"],
    ],
    [
      "half a row",
      { maxBatchSize: 1.5 },
      ["apis.many.maxBatchSize: expected a whole number of rows from 1, got 1.5"],
    ],
    [
      "no time",
      { maxLatencyMs: 0 },
      ["apis.many.maxLatencyMs: expected milliseconds above 0, got 0"],
    ],
    [
      "a time in words",
      { maxLatencyMs: "10" },
      ['apis.many.maxLatencyMs: expected milliseconds above 0, got "10"'],
    ],
    [
      "a time without end",
      { maxLatencyMs: Number.POSITIVE_INFINITY },
      ["apis.many.maxLatencyMs: expected milliseconds above 0, got Infinity"],
    ],
    [
      "a wait before now",
      { maxWaitMs: -1 },
      ["apis.many.maxWaitMs: expected milliseconds from 0, got -1"],
    ],
    [
      "NaN",
      { maxWaitMs: Number.NaN, maxBatchSize: Number.NaN },
      [
        "apis.many.maxBatchSize: expected a whole number of rows from 1, got NaN",
        "apis.many.maxWaitMs: expected milliseconds from 0, got NaN",
      ],
    ],
  ])("%s", (_, options, problems) => {
    expect(problemsOf(withBatch(options))).toEqual(problems);
  });

  it.each<Options>([{}, { per: "item" }, { maxBatchSize: 1, maxLatencyMs: 0.5, maxWaitMs: 0 }])(
    "nothing about %j",
    (options) => {
      expect(problemsOf(withBatch(options))).toBeUndefined();
    },
  );
});
