import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createClient } from "../../client/index.ts";
import { type Dtype, io, service, type Tensor, tensor } from "../../core/index.ts";
import { allocateCells } from "../../core/tensor.ts";
import { DTYPES } from "../../core/tensor-spec.ts";
import { testApp } from "../support/test-app.ts";

/** An api for each element type, which gives back what it is given. */
const echo = service({
  name: "echo",
  apis: ({ api }) => ({
    ...Object.fromEntries(
      DTYPES.map((dtype) => [
        dtype,
        api({
          input: { x: io.tensor(dtype, ["n", "?"]) },
          output: io.tensor(dtype, ["n", "?"]),
          run: ({ x }) => x as never,
        }),
      ]),
    ),
    both: api({
      input: { a: io.tensor("int64", ["n"]), b: io.tensor("string", ["m"]) },
      output: io.tensor("string", ["m"]),
      run: ({ a, b }) =>
        tensor("string", b.dims, b.data.map((text) => `${text}${a.data[0]}`) as never),
    }),
    nan: api({
      input: {},
      output: io.tensor("float32", ["n"]),
      run: () => tensor("float32", [2], [Number.NaN, 1]),
    }),
  }),
});

type Echo = Readonly<Record<Dtype, { tensors(input: { readonly x: Tensor }): Promise<Tensor> }>>;

const { app } = testApp(echo);
const sent: Request[] = [];
const fetch = async (request: Request) => {
  sent.push(request.clone());
  return app.fetch(request);
};
const connect = () => createClient<typeof echo>("http://localhost/", { fetch });

describe("createClient, with tensors as bytes", () => {
  it.each(DTYPES)("carries %s there and back", async (dtype) => {
    const client = connect() as unknown as Echo;
    const texts = ["", "a\u0000b", "日本", "\u{1f600}"];
    const cells = allocateCells(dtype, 4);
    const bytes = Array.isArray(cells) ? new Uint8Array() : new Uint8Array(cells.buffer);
    const data = Array.isArray(cells) ? texts : cells;
    bytes.fill(dtype === "bool" ? 1 : 0x3b);
    const x = { dtype, dims: [2, 2], data } as Tensor;
    expect(await client[dtype].tensors({ x })).toEqual(x);
    expect(sent.at(-1)?.headers.get("content-type")).toBe("application/octet-stream");
  });

  it("carries several inputs, and bits that JSON has not", async () => {
    const client = connect();
    const a = tensor("int64", [1], BigInt64Array.of(2n ** 62n + 1n));
    const answer = await client.both.tensors({ a, b: tensor("string", [2], ["x", "y"] as never) });
    expect(answer).toEqual({
      dtype: "string",
      dims: [2],
      data: ["x4611686018427387905", "y4611686018427387905"],
    });
    expect((await client.nan.tensors({})).data).toEqual(Float32Array.of(Number.NaN, 1));
  });

  it("carries any float32", async () => {
    const client = connect() as unknown as Echo;
    const floats = fc.array(fc.float({ noNaN: true, noDefaultInfinity: true }), { minLength: 1 });
    await fc.assert(
      fc.asyncProperty(floats, async (values) => {
        const x = tensor("float32", [values.length, 1], Float32Array.from(values));
        expect(await client.float32.tensors({ x })).toEqual(x);
      }),
      { numRuns: 50 },
    );
  });

  it("throws the service's error with its paths", async () => {
    const client = connect() as unknown as Echo;
    const x = tensor("float32", [1, 2], [1, Number.NaN]);
    await expect(client.float32.tensors({ x })).rejects.toMatchObject({
      status: 400,
      detail: [{ path: "inputs[0]", message: "expected finite numbers, got NaN as element 1" }],
    });
  });

  it.each([
    ["JSON", Response.json({ outputs: [] })],
    ["no JSON", answer("{", 1)],
    ["no output", answer(JSON.stringify({ outputs: [] }))],
    ["an unknown type", answer(output({ datatype: "FP8", shape: [1] }))],
    ["a negative length", answer(output({ datatype: "FP32", shape: [-1] }))],
    ["too few bytes", answer(output({ datatype: "FP32", shape: [3] }))],
  ])("refuses an answer of %s", async (_, response) => {
    const client = createClient<typeof echo>("http://localhost/", { fetch: async () => response });
    await expect(client.nan.tensors({})).rejects.toMatchObject({
      code: "BENTO_UNREACHABLE",
      message: "the answer holds no tensor in bytes",
      where: "http://localhost/v2/models/nan/infer",
    });
  });
});

function output(head: object): string {
  return JSON.stringify({ outputs: [{ name: "output", ...head }] });
}

function answer(head: string, length = head.length): Response {
  const headers = { "inference-header-content-length": String(length) };
  return new Response(head, { headers });
}
