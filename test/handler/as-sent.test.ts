import { describe, expect, it } from "vitest";
import { io, service } from "../../core/index.ts";
import { asSent } from "../../handler/as-sent.ts";
import { HttpError } from "../../handler/http-error.ts";
import { testApp } from "../support/test-app.ts";

const ids = service({
  name: "ids",
  apis: ({ api, batch }) => ({
    go: api({
      input: { ids: io.tensor("int64", ["n"]) },
      output: io.tensor("int64", ["n"]),
      run: ({ ids }) => ids,
    }),
    rows: batch({
      parameter: "rows",
      row: io.tensor("int64", [1]),
      result: io.tensor("int64", [1]),
      run: (rows) => rows,
    }),
  }),
});

const message = (got: string) =>
  `expected an int64 from -9007199254740991 to 9007199254740991, got ${got}`;

describe("asSent", () => {
  it.each([
    ["/go", '{"ids": [1, 9007199254740993, -9007199254740992]}', "ids[1]", "ids[2]"],
    [
      "/rows",
      '{"rows": [[1], [9007199254740993], [-9007199254740992]]}',
      "rows[1][0]",
      "rows[2][0]",
    ],
  ])("shows whole numbers beyond 2^53 as they were sent to %s", async (path, body, one, two) => {
    expect(await testApp(ids).post(path, body)).toEqual({
      status: 400,
      body: {
        error: "invalid input: 2 problems",
        detail: [
          { path: one, message: message("9007199254740993") },
          { path: two, message: message("-9007199254740992") },
        ],
      },
    });
  });

  it("does so by the Open Inference Protocol, which names the first of each input", async () => {
    const head = '"name": "ids", "datatype": "INT64", "shape": [2]';
    const body = `{"inputs": [{${head}, "data": [1, 9007199254740993]}]}`;
    expect((await testApp(ids).post("/v2/models/go/infer", body)).body).toEqual({
      error: "invalid input: 1 problem",
      detail: [{ path: "inputs[0].data[1]", message: message("9007199254740993") }],
    });
  });

  it("shows numbers of hundreds of digits, and leaves others as they are", async () => {
    const digits = `1${"0".repeat(400)}`;
    const body = `{"ids": [${digits}, 1e300, 0.5]}`;
    const answer = await testApp(ids).post("/go", body);
    expect(answer.body).toEqual({
      error: "invalid input: 3 problems",
      detail: [
        { path: "ids[0]", message: message("Infinity") },
        { path: "ids[1]", message: message("1e+300") },
        { path: "ids[2]", message: message("0.5") },
      ],
    });
  });

  it.each([
    ["another error", new Error("no")],
    ["one without problems", new HttpError(413, "too long")],
    ["problems without such a number", new HttpError(400, "no", { detail: [{ path: "x" }] })],
  ])("gives back %s", (_, error) => {
    expect(asSent(error, '{"x": 9007199254740993}')).toBe(error);
  });
});
