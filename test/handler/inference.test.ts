import { describe, expect, it } from "vitest";
import * as z from "zod";
import { io, service } from "../../core/index.ts";
import { type Tensor, tensor } from "../../core/tensor.ts";
import { testApp } from "../support/test-app.ts";

const doubled = (X: Tensor<"float32">) =>
  tensor(
    "float32",
    X.dims,
    X.data.map((value) => 2 * value),
  );

const tensors = service({
  name: "tensors",
  apis: ({ api }) => ({
    double: api({
      input: { X: io.tensor("float32", ["n", 2]) },
      output: io.tensor("float32", ["n", 2]),
      run: ({ X }) => doubled(X),
    }),
    shout: api({
      input: { words: io.tensor("string", ["n"]), loud: io.tensor("bool", ["n"]) },
      output: io.tensor("string", ["n"]),
      run: ({ words, loud }) =>
        tensor(
          "string",
          words.dims,
          words.data.map((word, index) => (loud.data[index] === 1 ? word.toUpperCase() : word)),
        ),
    }),
    sum: api({
      input: { ids: io.tensor("int64", ["n", "n"]) },
      output: io.tensor("int64", ["n"]),
      run: ({ ids }) => tensor("int64", [ids.dims[0] ?? 0], ids.data.slice(0, ids.dims[0])),
    }),
    refined: api({
      input: { X: io.tensor("float32", ["n", 2]).refine(() => true) },
      output: io.tensor("float32", ["n", 2]),
      run: ({ X }) => doubled(X),
    }),
    plain: api({ input: { a: z.number() }, output: z.number(), run: ({ a }) => a }),
  }),
});

function binary(header: unknown, ...parts: readonly Uint8Array[]): RequestInit {
  const head = Buffer.from(JSON.stringify(header));
  return {
    method: "POST",
    headers: {
      "inference-header-content-length": String(head.length),
      "content-type": "application/octet-stream",
    },
    body: Buffer.concat([head, ...parts]),
  };
}

const floats = (...values: number[]) => new Uint8Array(Float32Array.from(values).buffer);
const input = (binary_data_size: number, shape: number[] = [1, 2], datatype = "FP32") => ({
  inputs: [{ name: "X", shape, datatype, parameters: { binary_data_size } }],
});

async function infer(init: RequestInit, api = "double") {
  const { app } = testApp(tensors);
  const response = await app.hono.request(`/v2/models/${api}/infer`, init);
  const length = response.headers.get("inference-header-content-length");
  const bytes = Buffer.from(await response.arrayBuffer());
  const head = bytes.subarray(0, length === null ? bytes.length : Number(length));
  return {
    status: response.status,
    head: JSON.parse(head.toString()),
    raw: bytes.subarray(head.length),
  };
}

const json = (body: unknown): RequestInit => ({ method: "POST", body: JSON.stringify(body) });

describe("POST /v2/models/<api>/infer", () => {
  it("takes bytes and gives bytes, when both are asked for", async () => {
    const header = { id: "a", parameters: { binary_data_output: true }, ...input(16, [2, 2]) };
    const { status, head, raw } = await infer(binary(header, floats(1, 2, 3, 4)));
    expect([status, head]).toEqual([
      200,
      {
        model_name: "double",
        id: "a",
        outputs: [
          { name: "output", datatype: "FP32", shape: [2, 2], parameters: { binary_data_size: 16 } },
        ],
      },
    ]);
    expect([...raw]).toEqual([...floats(2, 4, 6, 8)]);
  });

  it.each([
    [
      "nested",
      [
        [1, 2],
        [3, 4],
      ],
    ],
    ["flat", [1, 2, 3, 4]],
  ])("takes %s JSON and gives flat JSON", async (_, data) => {
    const body = { inputs: [{ name: "X", shape: [2, 2], datatype: "FP32", data }] };
    const { head } = await infer(json(body));
    expect(head).toEqual({
      model_name: "double",
      outputs: [{ name: "output", datatype: "FP32", shape: [2, 2], data: [2, 4, 6, 8] }],
    });
  });

  it("carries texts and truth values, and whole numbers beyond 2^53", async () => {
    const words = Buffer.concat(
      ["hé", ""].map((text) => {
        const bytes = Buffer.from(text);
        return Buffer.concat([Buffer.from(Uint32Array.of(bytes.length).buffer), bytes]);
      }),
    );
    const shout = {
      inputs: [
        {
          name: "words",
          shape: [2],
          datatype: "BYTES",
          parameters: { binary_data_size: words.length },
        },
        { name: "loud", shape: [2], datatype: "BOOL", parameters: { binary_data_size: 2 } },
      ],
    };
    const { head } = await infer(binary(shout, words, Uint8Array.of(1, 0)), "shout");
    expect(head.outputs[0].data).toEqual(["HÉ", ""]);
    const big = new Uint8Array(BigInt64Array.of(2n ** 62n).buffer);
    const ids = {
      inputs: [
        { name: "ids", shape: [1, 1], datatype: "INT64", parameters: { binary_data_size: 8 } },
      ],
      outputs: [{ name: "output", parameters: { binary_data: true } }],
    };
    expect([...(await infer(binary(ids, big), "sum")).raw]).toEqual([...big]);
  });

  it.each<[string, RequestInit, unknown]>([
    [
      "another datatype",
      binary(input(16, [1, 2], "FP64"), floats(1, 2, 3, 4)),
      { path: "inputs[0].datatype", message: 'expected FP32, got "FP64"' },
    ],
    [
      "another rank",
      binary(input(8, [2]), floats(1, 2)),
      { path: "inputs[0].shape", message: "expected [n, 2], got [2]" },
    ],
    [
      "zero rows",
      binary(input(0, [0, 2])),
      { path: "inputs[0].shape", message: "expected at least 1 row, got 0" },
    ],
    [
      "another width",
      binary(input(12, [1, 3]), floats(1, 2, 3)),
      { path: "inputs[0].shape", message: "expected [n, 2], got [1, 3]" },
    ],
    [
      "too few bytes",
      binary(input(8), floats(1)),
      { path: "inputs[0]", message: "expected 8 bytes for 2 of FP32, got 4" },
    ],
    [
      "bytes that nobody has",
      binary(input(8), floats(1, 2, 3)),
      { path: "", message: "expected 8 bytes after the JSON, got 12" },
    ],
    [
      "NaN",
      binary(input(8), floats(1, Number.NaN)),
      { path: "inputs[0]", message: "expected finite numbers, got NaN as element 1" },
    ],
    [
      "infinity",
      binary(input(8), floats(Number.NEGATIVE_INFINITY, 1)),
      { path: "inputs[0]", message: "expected finite numbers, got -Infinity as element 0" },
    ],
    [
      "ragged rows",
      json({ inputs: [{ name: "X", shape: [2, 2], datatype: "FP32", data: [[1, 2], [3]] }] }),
      { path: "inputs[0].data[1]", message: "expected a list of 2, got a list of 1" },
    ],
    [
      "a text for a number",
      json({ inputs: [{ name: "X", shape: [1, 2], datatype: "FP32", data: [[1, "2"]] }] }),
      { path: "inputs[0].data[0][1]", message: 'expected a number, got "2"' },
    ],
    [
      "no data",
      json({ inputs: [{ name: "X", shape: [1, 2], datatype: "FP32" }] }),
      { path: "inputs[0].data", message: "missing; expected a list, or binary_data_size" },
    ],
    [
      "no input",
      json({ inputs: [] }),
      { path: "inputs", message: 'missing "X"; expected FP32 [n, 2]' },
    ],
    [
      "an unknown output",
      json({ inputs: [], outputs: [{ name: "Y" }] }),
      { path: "outputs[0].name", message: 'expected output, got "Y"' },
    ],
    [
      "what is no request",
      json({ X: [[1, 2]] }),
      { path: "inputs", message: "missing; expected array" },
    ],
  ])("refuses %s", async (_, init, problem) => {
    const { status, head } = await infer(init);
    expect([status, head]).toEqual([400, { error: "invalid input: 1 problem", detail: [problem] }]);
  });

  it.each<[string, string, RequestInit, string, string]>([
    [
      "int64 in JSON beyond 2^53",
      "sum",
      json({ inputs: [{ name: "ids", shape: [1, 1], datatype: "INT64", data: [2 ** 53] }] }),
      "inputs[0].data[0]",
      "expected an int64 from -9007199254740991 to 9007199254740991, got 9007199254740992",
    ],
    [
      "axes of one name that differ",
      "sum",
      json({ inputs: [{ name: "ids", shape: [1, 2], datatype: "INT64", data: [1, 2] }] }),
      "inputs[0].shape",
      "expected [n, n], got [1, 2]",
    ],
  ])("refuses %s", async (_, api, init, path, message) => {
    expect((await infer(init, api)).head.detail).toEqual([{ path, message }]);
  });

  it("refuses texts that are not UTF-8, and truth values that are neither", async () => {
    const header = {
      inputs: [
        { name: "words", shape: [1], datatype: "BYTES", parameters: { binary_data_size: 5 } },
        { name: "loud", shape: [1], datatype: "BOOL", parameters: { binary_data_size: 1 } },
      ],
    };
    const { head } = await infer(
      binary(header, Uint8Array.of(1, 0, 0, 0, 0xff), Uint8Array.of(2)),
      "shout",
    );
    expect(head.detail).toEqual([
      { path: "inputs[0]", message: "expected UTF-8 texts, got other bytes as element 0" },
      { path: "inputs[1]", message: "expected 0 or 1, got 2 as element 0" },
    ]);
  });

  it.each<[string, string]>([
    ["999", 'Inference-Header-Content-Length: expected a number of bytes up to 4, got "999"'],
    ["x", 'Inference-Header-Content-Length: expected a number of bytes up to 4, got "x"'],
    ["4", "what stands before the tensors is not JSON"],
  ])("refuses a header length of %s", async (length, error) => {
    const init = {
      method: "POST",
      headers: { "inference-header-content-length": length },
      body: "{{{{",
    };
    expect((await infer(init)).head).toEqual({ error });
  });

  it("knows apis of plain tensors only", async () => {
    for (const api of ["plain", "refined"]) {
      expect((await infer(json({}), api)).status).toBe(404);
    }
  });
});

describe("GET /v2", () => {
  const get = async (path: string) => {
    const response = await testApp(tensors).app.hono.request(path);
    return [response.status, await response.json()];
  };

  it("tells what the server is, and whether it is there", async () => {
    expect(await get("/v2")).toEqual([
      200,
      { name: "tensors", version: "v1", extensions: ["binary_tensor_data"] },
    ]);
    expect((await get("/v2/health/live"))[0]).toBe(200);
    expect((await get("/v2/health/ready"))[0]).toBe(200);
    expect((await get("/v2/models/double/ready"))[0]).toBe(200);
  });

  it.each(["/v2/models/double", "/v2/models/double/versions/v1"])(
    "describes an api at %s",
    async (path) => {
      const side = (name: string) => [{ name, datatype: "FP32", shape: [-1, 2] }];
      expect(await get(path)).toEqual([
        200,
        {
          name: "double",
          versions: ["v1"],
          platform: "bentokit",
          inputs: side("X"),
          outputs: side("output"),
        },
      ]);
    },
  );
});
