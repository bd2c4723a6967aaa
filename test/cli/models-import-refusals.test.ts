/**
 * What is said of each file that is no model, and of flags that cannot be read; nothing is registered then.
 */
import { readFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { type TestCli, testCli } from "../support/cli.ts";
import { writeModel } from "../support/cli-projects.ts";
import { fixtureModel } from "../support/fixture-model.ts";

describe("bento models import of what is no model", () => {
  const seen = async (name: string, content: string | Uint8Array, flags = "") => {
    await using cli = await testCli();
    await cli.write(name, content);
    const text = await cli.seen(`models import ${name} --name iris${flags}`);
    expect(await cli.bento("models list -o tag")).toEqual({
      exitCode: 0,
      out: "",
      err: "",
    });
    return text;
  };

  it("tells where a file that is cut short ends", async () => {
    const { path } = await fixtureModel("iris_random_forest");
    const whole = await readFile(path);
    expect(await seen("iris.onnx", whole.subarray(0, 5000))).toMatchInlineSnapshot(`
      "exit 2
      error: not a readable ONNX file: it ends at byte 5000, where a field reaches to byte 14577
        at: WORK/iris.onnx
        do: the file is damaged, cut short or of another kind; export it again, and compare its size with the original
      "
    `);
  });

  it("tells a file with damaged bytes inside", async () => {
    const { path } = await fixtureModel("iris_random_forest");
    const damaged = Buffer.from(await readFile(path)).fill(0xff, 300, 400);
    expect(await seen("iris.onnx", damaged)).toMatchInlineSnapshot(`
      "exit 2
      error: not a readable ONNX file: no number stands at byte 300
        at: WORK/iris.onnx
        do: the file is damaged, cut short or of another kind; export it again, and compare its size with the original
      "
    `);
  });

  it("tells an empty file, a text and a folder without a model", async () => {
    expect(await seen("iris.onnx", "")).toMatchInlineSnapshot(`
      "exit 2
      error: not a readable ONNX file: it is empty
        at: WORK/iris.onnx
        do: the file is damaged, cut short or of another kind; export it again, and compare its size with the original
      "
    `);
    expect(await seen("iris.onnx", "hello\n")).toMatchInlineSnapshot(`
      "exit 2
      error: not a readable ONNX file: no field starts before byte 3
        at: WORK/iris.onnx
        do: the file is damaged, cut short or of another kind; export it again, and compare its size with the original
      "
    `);
    await using cli = await testCli();
    expect(await cli.seen("models import . --name iris")).toMatchInlineSnapshot(`
      "exit 2
      error: the folder holds no .onnx file
        at: WORK
        do: name an .onnx file, or a folder with exactly one
      "
    `);
  });

  it("tells a file that is not there", async () => {
    await using cli = await testCli();
    expect(await cli.seen("models import iris.onnx --name iris")).toMatchInlineSnapshot(`
      "exit 3
      error: no such file or folder: WORK/iris.onnx
        at: WORK/iris.onnx
        do: check the path
      "
    `);
  });

  it("gives the commands that convert a pickle", async () => {
    expect(await seen("iris.pkl", "x")).toMatchInlineSnapshot(`
      "exit 2
      error: iris.pkl is a Python pickle, not an ONNX model
        at: WORK/iris.pkl
        do: convert it where it was trained (scikit-learn; another: --framework), then import iris.onnx:
      pip install skl2onnx joblib
      python - <<'END'
      import joblib
      from skl2onnx import to_onnx
      from skl2onnx.common.data_types import FloatTensorType
      from sklearn.base import is_classifier
      model = joblib.load("WORK/iris.pkl")
      rows = [("X", FloatTensorType([None, model.n_features_in_]))]
      options = {id(model): {"zipmap": False}} if is_classifier(model) else None
      converted = to_onnx(model, initial_types=rows, options=options)
      open("iris.onnx", "wb").write(converted.SerializeToString())
      END
      bento models import iris.onnx --name NAME
      "
    `);
  });

  it("gives the same for joblib, by the framework that is named", async () => {
    expect(await seen("iris.joblib", "x", " --framework xgboost")).toMatchInlineSnapshot(`
      "exit 2
      error: iris.joblib is a Python pickle, not an ONNX model
        at: WORK/iris.joblib
        do: convert it where it was trained (xgboost; another: --framework), then import iris.onnx:
      pip install xgboost onnxmltools
      python - <<'END'
      import xgboost
      from onnxmltools import convert_xgboost
      from onnxmltools.convert.common.data_types import FloatTensorType
      import joblib
      model = joblib.load("WORK/iris.joblib")
      features = getattr(model, "n_features_in_", None) or model.num_features()
      converted = convert_xgboost(model, initial_types=[("X", FloatTensorType([None, features]))])
      open("iris.onnx", "wb").write(converted.SerializeToString())
      END
      bento models import iris.onnx --name NAME
      "
    `);
  });

  it("gives the commands that convert a PyTorch checkpoint", async () => {
    expect(await seen("iris.pt", "x")).toMatchInlineSnapshot(`
      "exit 2
      error: iris.pt is a PyTorch checkpoint, not an ONNX model
        at: WORK/iris.pt
        do: convert it where it was trained, then import iris.onnx:
      pip install torch onnx onnxscript
      python - <<'END'
      import torch
      model = torch.load("WORK/iris.pt", weights_only=False).eval()
      # where the file holds a state_dict: build your module, then model.load_state_dict(...)
      rows = torch.zeros(2, FEATURES)  # the shape of two rows of your input
      torch.onnx.export(model, (rows,), "iris.onnx", input_names=["X"], output_names=["scores"],
                        dynamic_shapes=[{0: torch.export.Dim("n")}], dynamo=True)
      END
      bento models import iris.onnx --name NAME
      "
    `);
  });

  it("gives the commands that convert a Keras model", async () => {
    expect(await seen("iris.h5", "x")).toMatchInlineSnapshot(`
      "exit 2
      error: iris.h5 is a Keras model, not an ONNX model
        at: WORK/iris.h5
        do: convert it where it was trained, then import iris.onnx:
      pip install keras tensorflow tf2onnx
      python - <<'END'
      import keras
      keras.models.load_model("WORK/iris.h5").export("iris_saved_model")
      END
      python -m tf2onnx.convert --saved-model iris_saved_model --output iris.onnx
      bento models import iris.onnx --name NAME
      "
    `);
  });

  it("gives the commands that convert an XGBoost model", async () => {
    expect(
      await seen("iris.json", '{"learner":{"gradient_booster":{}},"version":[2,0,0]}'),
    ).toMatchInlineSnapshot(`
      "exit 2
      error: iris.json is an XGBoost model, not an ONNX model
        at: WORK/iris.json
        do: convert it where it was trained, then import iris.onnx:
      pip install xgboost onnxmltools
      python - <<'END'
      import xgboost
      from onnxmltools import convert_xgboost
      from onnxmltools.convert.common.data_types import FloatTensorType
      model = xgboost.Booster(model_file="WORK/iris.json")
      features = getattr(model, "n_features_in_", None) or model.num_features()
      converted = convert_xgboost(model, initial_types=[("X", FloatTensorType([None, features]))])
      open("iris.onnx", "wb").write(converted.SerializeToString())
      END
      bento models import iris.onnx --name NAME
      "
    `);
  });
});

describe("misuse of the flags of bento models import", () => {
  async function prepared(): Promise<TestCli> {
    const cli = await testCli();
    await writeModel(cli);
    await cli.write("list.json", "[1]");
    await cli.write("nested.json", '{"split": {"test": 0.2}}');
    return cli;
  }

  it("is told with an example of each", async () => {
    await using cli = await prepared();
    const bad = [
      "--signature predict",
      "--signature predict=maybe",
      "--signature =batchable",
      "--label stage",
      "--label a=1 --label a=2",
      "--metadata accuracy",
      "--metadata accuracy=1 --metadata accuracy=2",
      '--metadata split={"test":0.2}',
      "--metadata-file none.json",
      "--metadata-file list.json",
      "--metadata-file nested.json",
      "--metadata-file small.onnx",
      "--metadata-file .",
      "--name Iris",
      "--version latest",
      "--version V1",
    ];
    const answers = [];
    for (const flags of bad) {
      answers.push(
        `${flags} → ${await cli.seen(`models import small.onnx --name small ${flags}`)}`,
      );
    }
    expect(answers.join("\n")).toMatchInlineSnapshot(`
      "--signature predict → exit 2
      error: expected --signature key=value, got "predict"
        do: write it as --signature predict=batchable

      --signature predict=maybe → exit 2
      error: expected --signature predict=batchable or predict=single, got "maybe"
        do: batchable: rows of several requests may share a call; single: they may not

      --signature =batchable → exit 2
      error: expected --signature key=value, got "=batchable"
        do: write it as --signature predict=batchable

      --label stage → exit 2
      error: expected --label key=value, got "stage"
        do: write it as --label stage=dev

      --label a=1 --label a=2 → exit 2
      error: --label a=… is given twice
        do: leave one of them out

      --metadata accuracy → exit 2
      error: expected --metadata key=value, got "accuracy"
        do: write it as --metadata accuracy=0.96

      --metadata accuracy=1 --metadata accuracy=2 → exit 2
      error: --metadata accuracy=… is given twice
        do: leave one of them out

      --metadata split={"test":0.2} → exit 2
      error: metadata must be texts, numbers, booleans or lists of them: split
        at: --metadata
        do: write nested facts as keys of their own, e.g. split_test=0.2

      --metadata-file none.json → exit 3
      error: there is no metadata file WORK/none.json
        at: WORK/none.json
        do: check the path, or give facts one by one: --metadata accuracy=0.96

      --metadata-file list.json → exit 2
      error: the metadata file is not a JSON object
        at: WORK/list.json
        do: write it as {"accuracy": 0.96, "split": "2025-12"}

      --metadata-file nested.json → exit 2
      error: metadata must be texts, numbers, booleans or lists of them: split
        at: nested.json
        do: write nested facts as keys of their own, e.g. split_test=0.2

      --metadata-file small.onnx → exit 2
      error: the metadata file is not a JSON object
        at: WORK/small.onnx
        do: write it as {"accuracy": 0.96, "split": "2025-12"}

      --metadata-file . → exit 5
      error: cannot read WORK: it is a folder
        at: WORK
        do: name a file

      --name Iris → exit 2
      error: not a name for a model: "Iris"
        do: choose 1 to 63 of a-z 0-9 . _ -, starting and ending with a letter or digit

      --version latest → exit 2
      error: not a version: "latest"
        do: latest always means the version registered last; leave the version out to get one from the content

      --version V1 → exit 2
      error: not a version: "V1"
        do: choose 1 to 63 of a-z 0-9 . _ -, starting and ending with a letter or digit, e.g. v1.2.0
      "
    `);
    expect((await cli.bento("models list -o tag")).out).toBe("");
  });
});
