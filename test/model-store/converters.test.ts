import { describe, expect, it } from "vitest";
import {
  isForeignModel,
  refusalByContent,
  refusalByName,
  refusalOfSavedModel,
} from "../../model-store/converters.ts";

describe("refusalByName", () => {
  it.each([
    ["a.pkl", "a.pkl is a Python pickle, not an ONNX model"],
    ["dir/a.pickle", "a.pickle is a Python pickle, not an ONNX model"],
    ["a.joblib", "a.joblib is a Python pickle, not an ONNX model"],
    ["A.PKL", "A.PKL is a Python pickle, not an ONNX model"],
    ["a.pt", "a.pt is a PyTorch checkpoint, not an ONNX model"],
    ["a.pth", "a.pth is a PyTorch checkpoint, not an ONNX model"],
    ["a.h5", "a.h5 is a Keras model, not an ONNX model"],
    ["a.keras", "a.keras is a Keras model, not an ONNX model"],
    ["a.json", "a.json is an XGBoost model, not an ONNX model"],
    ["a.ubj", "a.ubj is an XGBoost model, not an ONNX model"],
    ["a.txt", "a.txt is a LightGBM model, not an ONNX model"],
    ["a.pb", "a.pb is a TensorFlow SavedModel, not an ONNX model"],
  ])("refuses %s", (path, message) => {
    expect(refusalByName(path)).toMatchObject({
      code: "BENTO_INVALID_MODEL",
      message,
      where: path,
    });
  });

  it("leaves ONNX files and unknown names to the reader", () => {
    expect(["a.onnx", "a", "a.bin"].map((path) => refusalByName(path))).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
  });

  it("gives the commands for scikit-learn", () => {
    expect(refusalByName("models/iris.pkl")?.hint).toMatchInlineSnapshot(`
      "convert it where it was trained (scikit-learn; another: --framework), then import iris.onnx:
      pip install skl2onnx joblib
      python - <<'END'
      import joblib
      from skl2onnx import to_onnx
      from skl2onnx.common.data_types import FloatTensorType
      from sklearn.base import is_classifier
      model = joblib.load("models/iris.pkl")
      rows = [("X", FloatTensorType([None, model.n_features_in_]))]
      options = {id(model): {"zipmap": False}} if is_classifier(model) else None
      converted = to_onnx(model, initial_types=rows, options=options)
      open("iris.onnx", "wb").write(converted.SerializeToString())
      END
      bento models import iris.onnx --name NAME"
    `);
  });

  it("gives the commands for XGBoost's own format and for a pickle of it", () => {
    const own = refusalByName("x.json")?.hint ?? "";
    expect(own).toMatchInlineSnapshot(`
      "convert it where it was trained, then import x.onnx:
      pip install xgboost onnxmltools
      python - <<'END'
      import xgboost
      from onnxmltools import convert_xgboost
      from onnxmltools.convert.common.data_types import FloatTensorType
      model = xgboost.Booster(model_file="x.json")
      features = getattr(model, "n_features_in_", None) or model.num_features()
      converted = convert_xgboost(model, initial_types=[("X", FloatTensorType([None, features]))])
      open("x.onnx", "wb").write(converted.SerializeToString())
      END
      bento models import x.onnx --name NAME"
    `);
    const pickled = refusalByName("x.pkl", "XGBoost")?.hint?.split("\n");
    expect(pickled?.[0]).toBe(
      "convert it where it was trained (xgboost; another: --framework), then import x.onnx:",
    );
    expect(pickled?.slice(6, 8)).toEqual(["import joblib", 'model = joblib.load("x.pkl")']);
  });

  it("gives the commands for LightGBM", () => {
    expect(refusalByName("l.txt")?.hint).toMatchInlineSnapshot(`
      "convert it where it was trained, then import l.onnx:
      pip install lightgbm onnxmltools
      python - <<'END'
      import lightgbm
      from onnxmltools import convert_lightgbm
      from onnxmltools.convert.common.data_types import FloatTensorType
      model = lightgbm.Booster(model_file="l.txt")
      features = getattr(model, "n_features_in_", None) or model.num_feature()
      rows = [("X", FloatTensorType([None, features]))]
      converted = convert_lightgbm(model, initial_types=rows, zipmap=False)
      for output in converted.graph.output:  # the converter writes 1 where any number of rows may be
          output.type.tensor_type.shape.dim[0].dim_param = "n"
      open("l.onnx", "wb").write(converted.SerializeToString())
      END
      bento models import l.onnx --name NAME"
    `);
  });

  it("gives the commands for PyTorch", () => {
    expect(refusalByName("t.pt")?.hint).toMatchInlineSnapshot(`
      "convert it where it was trained, then import t.onnx:
      pip install torch onnx onnxscript
      python - <<'END'
      import torch
      model = torch.load("t.pt", weights_only=False).eval()
      # where the file holds a state_dict: build your module, then model.load_state_dict(...)
      rows = torch.zeros(2, FEATURES)  # the shape of two rows of your input
      torch.onnx.export(model, (rows,), "t.onnx", input_names=["X"], output_names=["scores"],
                        dynamic_shapes=[{0: torch.export.Dim("n")}], dynamo=True)
      END
      bento models import t.onnx --name NAME"
    `);
  });

  it("gives the commands for Keras, quoted for the shell where that is needed", () => {
    expect(refusalByName("my model.keras")?.hint).toMatchInlineSnapshot(`
      "convert it where it was trained, then import my model.onnx:
      pip install keras tensorflow tf2onnx
      python - <<'END'
      import keras
      keras.models.load_model("my model.keras").export("my model_saved_model")
      END
      python -m tf2onnx.convert --saved-model 'my model_saved_model' --output 'my model.onnx'
      bento models import 'my model.onnx' --name NAME"
    `);
  });
});

describe("refusalOfSavedModel", () => {
  it("gives the command for TensorFlow, for the folder and for the file in it", () => {
    const expected = [
      "pip install tensorflow tf2onnx",
      "python -m tf2onnx.convert --saved-model exports/digits --output",
    ];
    const hints = [
      refusalOfSavedModel("exports/digits"),
      refusalByName("exports/digits/saved_model.pb"),
    ];
    for (const refusal of hints) {
      const lines = refusal?.hint?.split("\n") ?? [];
      expect(lines[1]).toBe(expected[0]);
      expect(lines[2]?.startsWith(expected[1] ?? "-")).toBe(true);
    }
  });
});

describe("refusalByContent", () => {
  it.each([
    [
      "a pickle of protocol 5",
      [0x80, 0x05, 0x95, 0],
      "m.onnx is a Python pickle, not an ONNX model",
    ],
    ["an HDF5 file", [0x89, 0x48, 0x44, 0x46], "m.onnx is a Keras model, not an ONNX model"],
  ])("knows %s whatever it is called", (_, head, message) => {
    expect(refusalByContent(Uint8Array.from(head), "m.onnx")?.message).toBe(message);
  });

  it.each([[[]], [[0x08, 0x08, 0x12, 0x08]], [[0x80]]])("lets %j pass", (head) => {
    expect(refusalByContent(Uint8Array.from(head), "m.onnx")).toBeUndefined();
  });
});

describe("isForeignModel", () => {
  it("tells other models from what may lie beside one", () => {
    expect(["m.pkl", "M.H5", "m.onnx", "w.bin", "README.md"].map(isForeignModel)).toEqual([
      true,
      true,
      false,
      false,
      false,
    ]);
  });
});
