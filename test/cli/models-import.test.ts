import { describe, expect, it } from "vitest";
import { testCli } from "../support/cli.ts";
import { writeModel } from "../support/cli-projects.ts";
import { fixtureModel } from "../support/fixture-model.ts";

describe("bento models import", () => {
  it("says what the model takes and gives, and only the tag on stdout", async () => {
    await using cli = await testCli();
    const { path } = await fixtureModel("iris_random_forest");
    expect(await cli.seen(`models import ${path} --name iris --version v1`)).toMatchInlineSnapshot(`
      "exit 0
      | iris:v1
      registered iris:v1
        takes X: float32 [n, 4]
        gives label: int64 [n], probabilities: float32 [n, 3]
      "
    `);
  });

  it("makes the version from the content where none is given, the same each time", async () => {
    await using cli = await testCli();
    await writeModel(cli);
    const first = await cli.bento("models import small.onnx --name small");
    expect(first.out).toBe("small:VERSION\n");
    expect(await cli.seen("models import small.onnx --name small")).toMatchInlineSnapshot(`
      "exit 0
      | small:VERSION
      registered small:VERSION (it was there already; it is latest now)
        takes X: float32 [n, 4]
        gives Y: float32 [n, 4]
      "
    `);
  });

  it("keeps framework, signature, labels and metadata", async () => {
    await using cli = await testCli();
    await writeModel(cli);
    await cli.write("facts.json", '{"accuracy": 0.9, "split": "2025-12", "rows": [100, 50]}');
    const line =
      "models import small.onnx --name small --version v1 --framework scikit-learn --signature predict=single" +
      " --label stage=dev --label owner=a=b --metadata accuracy=0.96 --metadata seen=true --metadata-file facts.json";
    expect((await cli.bento(line)).exitCode).toBe(0);
    expect(await cli.seen("models get small:v1")).toMatchInlineSnapshot(`
      "exit 0
      | tag         small:v1
      | digest      sha256:DIGEST
      | framework   scikit-learn
      | inputs      X: float32 [n, 4]
      | outputs     Y: float32 [n, 4]
      | signatures  predict (single)
      | files       model.onnx  85 B
      | metadata    accuracy=0.96
      |             rows=[100,50]
      |             seen=true
      |             split=2025-12
      | labels      owner=a=b
      |             stage=dev
      | registered  TIME
      "
    `);
  });

  it("prints one document under --json and no talk", async () => {
    await using cli = await testCli();
    await writeModel(cli);
    expect(
      await cli.seen("models import small.onnx --name small --version v1 --json"),
    ).toMatchInlineSnapshot(`
      "exit 0
      | {
      |   "tag": "small:v1",
      |   "digest": "sha256:DIGEST",
      |   "state": "created",
      |   "manifest": {
      |     "schema": 1,
      |     "name": "small",
      |     "version": "v1",
      |     "framework": "onnx",
      |     "files": [
      |       {
      |         "path": "model.onnx",
      |         "digest": "sha256:DIGEST",
      |         "size": 85
      |       }
      |     ],
      |     "entry": "model.onnx",
      |     "inputs": [
      |       {
      |         "name": "X",
      |         "dtype": "float32",
      |         "dims": [
      |           "n",
      |           4
      |         ]
      |       }
      |     ],
      |     "outputs": [
      |       {
      |         "name": "Y",
      |         "dtype": "float32",
      |         "dims": [
      |           "n",
      |           4
      |         ]
      |       }
      |     ],
      |     "signatures": {
      |       "predict": {
      |         "batchable": true
      |       }
      |     },
      |     "metadata": {}
      |   },
      |   "notes": []
      | }
      "
    `);
  });

  it("writes into the store that --store or BENTO_STORE names", async () => {
    await using cli = await testCli();
    await writeModel(cli);
    const environment = { BENTO_STORE: `${cli.work}/shared` };
    await cli.bento("models import small.onnx --name one --version v1 --store other");
    await cli.bento("models import small.onnx --name two --version v1", { environment });
    const tags = async (flags: string) => (await cli.bento(`models list -o tag${flags}`)).out;
    expect([await tags(""), await tags(` --store ${cli.work}/shared`)]).toEqual(["", "two:v1\n"]);
    expect(await tags(" --store other")).toBe("one:v1\n");
  });

  it("refuses another content under a version that exists, and shows the difference", async () => {
    await using cli = await testCli();
    await writeModel(cli, "one");
    await cli.bento("models import small.onnx --name small --version v1 --framework onnx");
    await writeModel(cli, "another");
    expect(
      await cli.seen("models import small.onnx --name small --version v1 --framework keras"),
    ).toMatchInlineSnapshot(`
      "exit 4
      error: model small:v1 exists with other content:
               files[model.onnx].digest: "sha256:1ec577feb179309d0008cc82ab29c7dfc0752d5b693aa602925e… in the store, "sha256:7ba85fa69c0635e1460d1a1c76e1f1c0dd2df0965062a885527a… here
               files[model.onnx].size: 88 in the store, 92 here
               framework: "onnx" in the store, "keras" here
        at: file://HOME
        do: a version never changes: choose another version, or leave it out to get one made from the content
      "
    `);
  });
});
