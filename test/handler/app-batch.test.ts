import { describe, expect, it, vi } from "vitest";
import * as z from "zod";
import { ApiError, BentoError, io, model, service } from "../../core/index.ts";
import { tensor } from "../../core/tensor.ts";
import { fakeRunner } from "../support/fake-runner.ts";
import { testApp } from "../support/test-app.ts";
import { fail } from "./sample-services.ts";

describe("createApp, with batch apis", () => {
  const scoring = (run: (rows: readonly number[]) => unknown) =>
    service({
      name: "scoring",
      apis: ({ batch }) => ({
        many: batch({ parameter: "x", row: z.number(), result: z.number(), run: run as never }),
        one: batch({
          parameter: "x",
          per: "item",
          row: z.number(),
          result: z.number(),
          run: run as never,
        }),
      }),
    });

  it("joins rows of several requests, and gives each its own results", async () => {
    const batches: number[][] = [];
    const { post } = testApp(
      scoring((rows) => {
        batches.push([...rows]);
        return rows.map((row) => row * 10);
      }),
    );
    const answers = await Promise.all([post("/many", { x: [1, 2] }), post("/many", { x: [3] })]);
    expect(answers.map((answer) => answer.body)).toEqual([[10, 20], [30]]);
    expect(batches).toEqual([[1, 2, 3]]);
  });

  it("takes and gives one item where callers send one", async () => {
    const { post } = testApp(scoring((rows) => rows.map((row) => row * 10)));
    const answers = await Promise.all([post("/one", { x: 1 }), post("/one", { x: 2 })]);
    expect(answers.map((answer) => answer.body)).toEqual([10, 20]);
    expect(await post("/one", { x: [1] })).toEqual({
      status: 400,
      body: {
        error: "invalid input: 1 problem",
        detail: [{ path: "x", message: "expected number, received array" }],
      },
    });
  });

  it("gives an ApiError in a row's place to the caller of that row alone", async () => {
    const { post } = testApp(
      scoring((rows) =>
        rows.map((row) => (row < 0 ? new ApiError(422, "negative", { least: 0 }) : row)),
      ),
    );
    const [good, bad, one, alone] = await Promise.all([
      post("/many", { x: [1, 2] }),
      post("/many", { x: [3, -4] }),
      post("/one", { x: 5 }),
      post("/one", { x: -6 }),
    ]);
    expect([good.body, one.body]).toEqual([[1, 2], 5]);
    expect(bad).toEqual({
      status: 422,
      body: { error: "negative", detail: { row: 1, detail: { least: 0 } } },
    });
    expect(alone).toEqual({ status: 422, body: { error: "negative", detail: { least: 0 } } });
  });

  it("gives an ApiError that is thrown to all callers of the batch", async () => {
    const { post } = testApp(scoring(fail(new ApiError(409, "not today"))));
    const answers = await Promise.all([post("/many", { x: [1] }), post("/many", { x: [2] })]);
    const refused = { status: 409, body: { error: "not today" } };
    expect(answers).toEqual([refused, refused]);
  });

  it.each<[string, unknown, string]>([
    ["three results for five rows", [1, 2, 3], "run gave 3 results for 5 rows"],
    ["no list", "results", "run gave string, expected a list or a tensor"],
    ["nothing", undefined, "run gave undefined, expected a list or a tensor"],
  ])("fails all callers when run gives %s", async (_, results, message) => {
    const { post, log } = testApp(scoring(() => results));
    const answers = await Promise.all([
      post("/many", { x: [1, 2, 3] }),
      post("/many", { x: [4, 5] }),
    ]);
    const failed = { status: 500, body: { error: "internal error" } };
    expect(answers).toEqual([failed, failed]);
    expect(log.lines[0]?.fields["err"]).toMatchObject({
      code: "BENTO_INVALID_SERVICE",
      message,
      where: "apis.many",
      hint: "give one result for each row, in their order; an ApiError may stand in a row's place",
    });
  });

  it("fails only the caller whose result is wrong", async () => {
    const { post, log } = testApp(scoring((rows) => rows.map((row) => (row === 2 ? "two" : row))));
    const [good, bad] = await Promise.all([post("/many", { x: [1] }), post("/many", { x: [2] })]);
    expect([good?.status, bad?.status]).toEqual([200, 500]);
    expect(log.lines.find((line) => line.level === "error")?.fields["err"]).toMatchObject({
      message: "run gave a wrong output\nexpected number, received string",
      where: "apis.many.result",
    });
  });

  it("does not blame callers for what a model refuses of a batch", async () => {
    const { post, log } = testApp(scoring(fail(new BentoError("BENTO_INVALID_INPUT", "bad X"))));
    expect(await post("/many", { x: [1] })).toEqual({
      status: 500,
      body: { error: "internal error" },
    });
    expect(log.lines[0]?.fields["err"]).toMatchObject({ message: "run failed: bad X" });
  });

  it("stacks rows that are tensors, and refuses rows of unequal shape", async () => {
    const { post } = testApp(
      service({
        name: "stack",
        apis: ({ batch }) => ({
          twice: batch({
            parameter: "x",
            row: io.tensor("float32", ["k"]),
            result: io.tensor("float32", ["k"]),
            run: (stacked) => ({ ...stacked, data: stacked.data.map((value) => 2 * value) }),
          }),
        }),
      }),
    );
    const answers = await Promise.all([
      post("/twice", {
        x: [
          [1, 2],
          [3, 4],
        ],
      }),
      post("/twice", { x: [[5]] }),
      post("/twice", { x: [[6, 7]] }),
      post("/twice", { x: [[1, 2], [3]] }),
    ]);
    expect(answers.map((answer) => answer.body)).toEqual([
      [
        [2, 4],
        [6, 8],
      ],
      [[10]],
      [[12, 14]],
      {
        error: "invalid input: 1 problem",
        detail: [{ path: "x[1]", message: "expected shape [2] as in the first row, got [1]" }],
      },
    ]);
  });

  it("gives run the requests of its batch, and a signal for when all have gone", async () => {
    const seen: unknown[] = [];
    const { app } = testApp(
      service({
        name: "context",
        apis: ({ batch }) => ({
          go: batch({
            parameter: "x",
            row: z.number(),
            result: z.number(),
            run(rows, { requests, signal }) {
              const told = requests.map(({ id, headers }) => [id, headers.get("x-tenant")]);
              seen.push(told, signal.aborted);
              return new Promise((resolve) => {
                signal.addEventListener("abort", () => {
                  seen.push("all gone");
                  resolve([...rows]);
                });
              });
            },
          }),
        }),
      }),
    );
    const callers = [new AbortController(), new AbortController()];
    const answers = callers.map((caller, index) =>
      app.fetch(
        new Request("http://localhost/go", {
          method: "POST",
          headers: { "content-type": "application/json", "x-tenant": `t${index}` },
          body: JSON.stringify({ x: [index] }),
          signal: caller.signal,
        }),
      ),
    );
    await vi.waitFor(() => expect(seen).toHaveLength(2));
    callers[0]?.abort();
    expect((await answers[0])?.status).toBe(499);
    callers[1]?.abort();
    await answers[1];
    expect(seen).toEqual([
      [
        ["request-1", "t0"],
        ["request-2", "t1"],
      ],
      false,
      "all gone",
    ]);
  });

  it("runs a batch's model calls past the model's own batcher", async () => {
    const runner = fakeRunner({ settings: { maxBatchSize: 1 } });
    const { post } = testApp(
      service({
        name: "through",
        models: { fake: model("fake:v1") },
        apis: ({ batch }) => ({
          go: batch({
            parameter: "x",
            row: z.number(),
            result: z.number(),
            async run(rows, { models }) {
              const X = tensor(
                "float32",
                [rows.length, 2],
                rows.flatMap((row) => [row, 0]),
              );
              const { Y } = await models.fake.run({ X });
              return rows.map((_, index) => Number(Y?.data[2 * index]));
            },
          }),
        }),
      }),
      { runners: { fake: runner } },
    );
    expect(await post("/go", { x: [1, 2, 3] })).toEqual({ status: 200, body: [2, 4, 6] });
    expect(runner.runs).toEqual([3]);
  });
});
