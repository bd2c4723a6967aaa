import { describe, expect, it } from "vitest";
import * as z from "zod";
import { io, model, service } from "../../core/index.ts";
import { type Tensor, tensor } from "../../core/tensor.ts";
import { createRunner } from "../../handler/runner/runner.ts";
import { fakeRunner } from "../support/fake-runner.ts";
import { testApp } from "../support/test-app.ts";

/** Texts in, the same texts out. */
function wordsRunner() {
  const spec = { dtype: "string", dims: ["n"] } as const;
  return createRunner({
    name: "words",
    isBatchable: true,
    host: {
      threads: 1,
      spec: {
        inputs: [{ name: "X", ...spec, dims: [...spec.dims] }],
        outputs: [{ name: "Y", ...spec, dims: [...spec.dims] }],
      },
      run: async ({ X }) => ({ Y: X as Tensor }),
      close: async () => {},
    },
  });
}

/** An app that counts how often anything ran: bad input must not get that far. */
function watchedApp() {
  const runner = fakeRunner({ settings: { maxBatchSize: 4 } });
  const words = wordsRunner();
  const runs = { count: 0 };
  const inputs = service({
    name: "inputs",
    models: { fake: model("fake:v1"), words: model("words:v1") },
    apis: ({ api, batch }) => ({
      pairs: api({
        input: { X: io.tensor("float32", ["n", 2]) },
        output: io.tensor("float32", ["n", 2]),
        async run({ X }, { models }) {
          runs.count += 1;
          const { Y } = await models.fake.run({ X });
          return tensor("float32", Y?.dims ?? [], (Y?.data ?? []) as Float32Array);
        },
      }),
      ids: api({
        input: { ids: io.tensor("int64", ["n"]) },
        output: z.number(),
        run: ({ ids }) => {
          runs.count += 1;
          return ids.data.length;
        },
      }),
      rows: batch({
        parameter: "rows",
        row: io.tensor("float32", ["k"]),
        result: io.tensor("float32", ["k"]),
        maxBatchSize: 4,
        run: (rows) => {
          runs.count += 1;
          return rows;
        },
      }),
      wide: api({
        input: { X: io.tensor("float32", ["n", "?"]) },
        output: z.number(),
        async run({ X }, { models }) {
          const given = tensor("float32", X.dims, X.data); // over the caller's own numbers
          const { Y } = await models.fake.run({ X: given });
          return Y?.dims[0] ?? 0;
        },
      }),
      wideRows: batch({
        parameter: "rows",
        row: io.tensor("float32", ["?"]),
        result: io.tensor("float32", [2]),
        async run(rows, { models }) {
          const { Y } = await models.fake.run({ X: rows });
          return Y as Tensor<"float32">;
        },
      }),
      text: api({
        input: { text: z.string() },
        output: z.number(),
        async run({ text }, { models }) {
          const { Y } = await models.words.run({ X: tensor("string", [1], [text]) });
          return Y?.dims[0] ?? 0;
        },
      }),
      whole: api({
        input: { X: z.array(z.array(z.number())) },
        output: z.number(),
        async run({ X }, { models }) {
          const [first] = X;
          const { Y } = await models.fake.run({
            X: tensor("float32", [X.length, first?.length ?? 0], X.flat()),
          });
          return Y?.dims[0] ?? 0;
        },
      }),
    }),
  });
  return { runs, runner, ...testApp(inputs, { runners: { fake: runner, words } }) };
}

const problem = (path: string, message: string) => ({
  error: "invalid input: 1 problem",
  detail: [{ path, message }],
});

describe("bad input over HTTP", () => {
  it.each<[string, string, unknown, unknown]>([
    [
      "a wrong dtype",
      "/pairs",
      { X: [["1", 2]] },
      problem("X[0][0]", 'expected a number, got "1"'),
    ],
    [
      "a wrong shape",
      "/pairs",
      { X: [[1, 2, 3]] },
      problem("X[0]", "expected a list of 2, got a list of 3"),
    ],
    ["a wrong rank", "/pairs", { X: [1] }, problem("X[0]", "expected a list of 2, got 1")],
    [
      "a rank too deep",
      "/pairs",
      { X: [[[1], 2]] },
      problem("X[0][0]", "expected a number, got [1]"),
    ],
    [
      "ragged rows",
      "/pairs",
      { X: [[1, 2], [3]] },
      problem("X[1]", "expected a list of 2, got a list of 1"),
    ],
    [
      "a number that is infinite in float32",
      "/pairs",
      { X: [[1, 1e39]] },
      problem("X[0][1]", "expected a number that fits into float32, got 1e+39"),
    ],
    [
      "a number that is infinite in JSON",
      "/pairs",
      '{"X": [[1, 1e999]]}',
      problem("X[0][1]", "expected a finite number, got Infinity"),
    ],
    [
      "null for a number",
      "/pairs",
      { X: [[1, null]] },
      problem("X[0][1]", "expected a number, got null"),
    ],
    [
      "int64 beyond 2^53",
      "/ids",
      { ids: [1, 2 ** 53] },
      problem(
        "ids[1]",
        "expected an int64 from -9007199254740991 to 9007199254740991, got 9007199254740992",
      ),
    ],
    [
      "a fraction for int64",
      "/ids",
      { ids: [0.5] },
      problem("ids[0]", "expected an int64 from -9007199254740991 to 9007199254740991, got 0.5"),
    ],
    [
      "rows of different shapes",
      "/rows",
      { rows: [[1, 2], [3]] },
      problem("rows[1]", "expected shape [2] as in the first row, got [1]"),
    ],
    ["no rows at all", "/rows", {}, problem("rows", "missing; expected array")],
  ])("refuses %s with its path, before anything runs", async (_, path, body, expected) => {
    const { post, runs, runner } = watchedApp();
    expect(await post(path, body)).toEqual({ status: 400, body: expected });
    expect([runs.count, runner.runs]).toEqual([0, []]);
  });

  it.each(["NaN", "Infinity", "-Infinity"])(
    "refuses %s, which JSON does not have",
    async (word) => {
      const { post, runs } = watchedApp();
      expect(await post("/pairs", `{"X": [[1, ${word}]]}`)).toEqual({
        status: 400,
        body: {
          error:
            `the body is not JSON: line 1, column 12: expected a value, got ${word}; JSON has no ${word}`.replace(
              "a value or ]",
              "a value",
            ),
          detail: { position: 11, line: 1, column: 12 },
        },
      });
      expect(runs.count).toBe(0);
    },
  );

  it("refuses texts that are not UTF-8", async () => {
    const { app } = watchedApp();
    const body = Buffer.concat([Buffer.from('{"X": "'), Buffer.of(0xc3, 0x28), Buffer.from('"}')]);
    const response = await app.hono.request("/pairs", { method: "POST", body });
    expect([response.status, await response.json()]).toEqual([
      400,
      { error: "the body is not UTF-8 text" },
    ]);
  });

  it.each([
    ["/wide", { X: [[1, 2, 3]] }, "[1, 3]"],
    [
      "/wideRows",
      {
        rows: [
          [1, 2, 3],
          [4, 5, 6],
        ],
      },
      "[2, 3]",
    ],
  ])("refuses tensors at %s that only the model knows to be wrong", async (path, body, got) => {
    const { post, runner, log } = watchedApp();
    expect(await post(path, body)).toEqual({
      status: 400,
      body: { error: `input "X": expected shape [n, 2], got ${got}` },
    });
    expect(runner.runs).toEqual([]);
    expect(log.lines.map(({ level }) => level)).toEqual(["info"]);
  });

  it("takes a tensor that the service's own code made wrong for its mistake", async () => {
    const { post, runner, log } = watchedApp();
    const answer = await post("/whole", { X: [[1, 2, 3]] });
    expect([answer.status, runner.runs]).toEqual([500, []]);
    expect(log.lines[0]?.fields["err"]).toMatchObject({
      message: 'run failed: input "X": expected shape [n, 2], got [1, 3]',
      where: "apis.whole",
    });
  });

  it.each([
    ["a\u0000b", 'expected a text without U+0000, which no model can take, got "a\\u0000b"'],
    [
      "a\ud800",
      'expected a text that is whole in Unicode, got "a\\ud800" with half of a surrogate pair',
    ],
  ])("refuses the text %j, which a model would not get as it is", async (text, error) => {
    const { post } = watchedApp();
    expect(await post("/text", { text })).toEqual({
      status: 400,
      body: { error: `input "X", element 0: ${error}` },
    });
    expect(await post("/text", { text: "\u{1f600}" })).toEqual({ status: 200, body: 1 });
  });

  it.each<[string, string, unknown, unknown]>([
    ["an empty batch", "/rows", { rows: [] }, problem("rows", "expected at least 1 row, got 0")],
    ["zero rows", "/pairs", { X: [] }, problem("X", "expected at least 1 row, got 0")],
    [
      "more rows than the queue ever holds",
      "/rows",
      { rows: Array.from({ length: 401 }, () => [1]) },
      problem("rows", "expected at most 400 rows, got 401; send them in several requests"),
    ],
  ])("refuses %s", async (_, path, body, expected) => {
    const { post, runs } = watchedApp();
    expect(await post(path, body)).toEqual({ status: 400, body: expected });
    expect(runs.count).toBe(0);
  });

  it("refuses more rows than a model's queue ever holds", async () => {
    const { post, runner } = watchedApp();
    const answer = await post("/pairs", { X: Array.from({ length: 401 }, () => [1, 2]) });
    expect([answer, runner.runs]).toEqual([
      {
        status: 400,
        body: { error: "401 rows are more than the 400 that model fake ever queues" },
      },
      [],
    ]);
  });

  it("splits more rows than any cap and joins them again in order", async () => {
    const { post, runner } = watchedApp();
    const X = Array.from({ length: 11 }, (_, row) => [row, row + 0.5]);
    expect(await post("/pairs", { X })).toEqual({
      status: 200,
      body: X.map(([a = 0, b = 0]) => [2 * a, 2 * b]),
    });
    expect(runner.runs).toEqual([4, 4, 3]);
    const rows = Array.from({ length: 9 }, (_, row) => [row]);
    expect(await post("/rows", { rows })).toEqual({ status: 200, body: rows });
  });
});
