/**
 * Comparing versions of a model from the command line, and promoting by what came of it.
 */
import { readFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { type TestCli, testCli } from "../support/cli.ts";

const MODELS = new URL("../../fixtures/models/", import.meta.url);

/** Two versions of iris that answer alike, a model of digits, and rows of iris. */
async function irisVersions(): Promise<TestCli> {
  const cli = await testCli();
  const model = async (name: string) => readFile(new URL(`${name}/model.onnx`, MODELS));
  await cli.write("iris.onnx", await model("iris_random_forest"));
  await cli.write("digits.onnx", await model("digits_mlp_torch"));
  const rows = JSON.parse(await readFile(new URL("iris_random_forest/rows.json", MODELS), "utf8"))
    .rows as number[][];
  await cli.write("rows.jsonl", rows.map((row) => `${JSON.stringify(row)}\n`).join(""));
  await cli.must("models import iris.onnx --name iris --version v1 --metadata accuracy=0.9");
  await cli.must("models import iris.onnx --name iris --version v2 --metadata accuracy=0.8");
  await cli.must("models import digits.onnx --name digits --version v1");
  return cli;
}

describe("bento models diff", () => {
  it("says what differs, and how answers do over rows", async () => {
    await using cli = await irisVersions();
    expect(await cli.seen("models diff iris:v1 iris:v2 --on rows.jsonl")).toMatchInlineSnapshot(`
      "exit 0
      | metadata.accuracy: 0.9 in iris:v1, 0.8 in iris:v2
      | 150 rows: 0 labels flipped (0.00 %), largest change 0.00
      "
    `);
    expect(await cli.seen("models diff iris:v1 iris:v1")).toMatchInlineSnapshot(`
      "exit 0
      | they are the same
      "
    `);
    expect(await cli.document("models diff iris:v1 iris:v2 --on rows.jsonl --json")).toEqual({
      before: "iris:v1",
      after: "iris:v2",
      differences: ["metadata.accuracy: 0.9 in iris:v1, 0.8 in iris:v2"],
      on: { rows: 150, flipped: 0, churn: 0, largestChange: 0, worst: [] },
    });
  });

  it("names the line that a model cannot take", async () => {
    await using cli = await irisVersions();
    await cli.write("bad.jsonl", '[5.1, 3.5, 1.4, 0.2]\n{"X": [1, 2, "x", 4]}\n');
    expect(await cli.seen("models diff iris:v1 iris:v2 --on bad.jsonl")).toMatchInlineSnapshot(`
      "exit 2
      error: X.2: expected a number, got "x"
        at: bad.jsonl:2
        do: the model takes X: float32 [n, 4]; got {"X":[…]}
      "
    `);
    await cli.write("bad.jsonl", "{");
    expect((await cli.bento("models diff iris:v1 iris:v2 --on bad.jsonl")).exitCode).toBe(2);
    await cli.write("bad.jsonl", "\n");
    expect((await cli.bento("models diff iris:v1 iris:v2 --on bad.jsonl")).exitCode).toBe(2);
    expect((await cli.bento("models diff iris:v1 digits:v1 --on rows.jsonl")).exitCode).toBe(2);
    expect((await cli.bento("models diff iris:v1 iris:v9")).exitCode).toBe(3);
    expect((await cli.bento("models diff iris:v1 iris:v2 --on none.jsonl")).exitCode).toBe(5);
  });
});

describe("bento models promote --on", () => {
  it("has churn for a number, which is none where nothing is promoted yet", async () => {
    await using cli = await irisVersions();
    const line = (version: string) =>
      `models promote iris:${version} --to production --require churn<=1% --on rows.jsonl`;
    expect(await cli.seen(line("v1"))).toMatchInlineSnapshot(`
      "exit 0
      | iris:production is iris:v1
      ✓ churn<=1%  churn is <= 0.01: it is 0
      "
    `);
    expect(await cli.seen(line("v2"))).toMatchInlineSnapshot(`
      "exit 0
      | iris:production is iris:v2 (was v1)
      ✓ churn<=1%  churn is <= 0.01: it is 0
      "
    `);
    expect(
      await cli.seen("models promote iris:v1 --to production --require churn<=1%"),
    ).toMatchInlineSnapshot(`
      "exit 7
      error: iris:v1 is not promoted to production:
               churn<=1%: the model has no number called churn
        at: --require
        do: numbers come from the model's metadata (bento models get shows it), from --metrics FILE, or churn from --on ROWS
      "
    `);
  });
});
