import { cp, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { testCli } from "../support/cli.ts";
import { HOSTILE } from "../support/hostile-archives.ts";

const FIXTURES = join(import.meta.dirname, "../../fixtures/bentoml");

describe("bento models with BentoML's archives", () => {
  it("imports one under its own name and says what was dropped", async () => {
    await using cli = await testCli();
    await cp(join(FIXTURES, "iris.bentomodel"), join(cli.work, "iris.bentomodel"));
    expect(await cli.seen("models import iris.bentomodel")).toMatchInlineSnapshot(`
      "exit 0
      | iris_classifier:v1.2.0
      registered iris_classifier:v1.2.0
        takes X: float32 [n, 4]
        gives label: int64 [n], probabilities: float32 [n, 3]
        metadata split dropped: it is nested
      "
    `);
    expect(await cli.seen("models list -o tag")).toBe("exit 0\n| iris_classifier:v1.2.0\n");
  });

  it("exports one, and imports that again", async () => {
    await using cli = await testCli();
    await cli.must(`models import ${join(FIXTURES, "iris.zip")} --name iris --version v2`);
    expect(await cli.seen("models export iris iris.bentomodel")).toMatchInlineSnapshot(`
      "exit 0
      | WORK/iris.bentomodel
      "
    `);
    expect(await cli.document("models import iris.bentomodel --json")).toMatchObject({
      tag: "iris:v2",
      state: "exists",
      notes: [],
    });
    expect(await cli.document("models export iris again.tar --json")).toEqual({
      tag: "iris:v2",
      file: join(cli.work, "again.tar"),
      notes: [],
    });
  });

  it("refuses what is hostile, damaged or of another framework, with its exit code", async () => {
    await using cli = await testCli();
    await cp(join(FIXTURES, "iris-sklearn.bentomodel"), join(cli.work, "sklearn.bentomodel"));
    await writeFile(join(cli.work, "climbs.bentomodel"), HOSTILE["tar: a path that climbs"] ?? "");
    await writeFile(join(cli.work, "bomb.bentomodel"), HOSTILE["tar: a bomb"] ?? "");
    await writeFile(join(cli.work, "noise.bentomodel"), "noise");
    const answers: string[] = [];
    for (const name of ["climbs", "bomb", "noise", "none", "sklearn"]) {
      answers.push(await cli.seen(`models import ${name}.bentomodel`));
    }
    expect(answers.join("\n")).toMatchInlineSnapshot(`
      "exit 7
      error: "../outside" is a path that leaves the archive
        at: WORK/climbs.bentomodel
        do: do not unpack it; ask its author for a clean one

      exit 7
      error: the archive unpacks to more than 268 MB
        at: WORK/bomb.bentomodel
        do: unpack it yourself if you trust it, and name the folder

      exit 2
      error: noise.bentomodel is no archive
        at: WORK/noise.bentomodel
        do: archives are tar, tar.gz, tar.xz or zip; a file cut short at its start is none

      exit 3
      error: no such file or folder: WORK/none.bentomodel
        at: WORK/none.bentomodel
        do: check the path

      exit 2
      error: iris_sklearn:v1 was saved by bentoml.sklearn, not as ONNX
        at: WORK/sklearn.bentomodel
        do: convert it where BentoML has it (bentoml models import WORK/sklearn.bentomodel puts it there):
      pip install skl2onnx joblib
      python - <<'END'
      import bentoml
      from skl2onnx import to_onnx
      from skl2onnx.common.data_types import FloatTensorType
      from sklearn.base import is_classifier
      model = bentoml.sklearn.load_model("iris_sklearn:v1")
      rows = [("X", FloatTensorType([None, model.n_features_in_]))]
      options = {id(model): {"zipmap": False}} if is_classifier(model) else None
      converted = to_onnx(model, initial_types=rows, options=options)
      open("iris_sklearn.onnx", "wb").write(converted.SerializeToString())
      END
      bento models import iris_sklearn.onnx --name iris_sklearn --version v1 --framework scikit-learn
      "
    `);
  });
});
