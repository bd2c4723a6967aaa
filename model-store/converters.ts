/**
 * What people bring instead of ONNX, and the commands that turn it into ONNX. None of these files is ever opened:
 * loading a pickle runs whatever code is in it.
 *
 * @module
 */
import { basename, dirname, extname } from "node:path";
import { BentoError } from "../core/bento-error.ts";

interface Format {
  /** For the message, after "is". */
  readonly what: string;
  /** The framework it comes from when the user does not say. */
  readonly framework: Framework;
}

/** Frameworks whose converters are known here. */
export type Framework =
  | "scikit-learn"
  | "xgboost"
  | "lightgbm"
  | "pytorch"
  | "keras"
  | "tensorflow";

const PICKLE: Format = { what: "a Python pickle", framework: "scikit-learn" };
const TORCH: Format = { what: "a PyTorch checkpoint", framework: "pytorch" };
const KERAS: Format = { what: "a Keras model", framework: "keras" };
const XGBOOST: Format = { what: "an XGBoost model", framework: "xgboost" };
const LIGHTGBM: Format = { what: "a LightGBM model", framework: "lightgbm" };
const TENSORFLOW: Format = { what: "a TensorFlow SavedModel", framework: "tensorflow" };

const FORMATS: Readonly<Record<string, Format>> = {
  ".pkl": PICKLE,
  ".pickle": PICKLE,
  ".joblib": PICKLE,
  ".pt": TORCH,
  ".pth": TORCH,
  ".h5": KERAS,
  ".hdf5": KERAS,
  ".keras": KERAS,
  ".json": XGBOOST,
  ".ubj": XGBOOST,
  ".txt": LIGHTGBM,
  ".pb": TENSORFLOW,
};

/** First bytes that give a format away whatever the file is called. */
const MAGIC: readonly (readonly [bytes: readonly number[], format: Format])[] = [
  [[0x80, 0x02], PICKLE],
  [[0x80, 0x03], PICKLE],
  [[0x80, 0x04], PICKLE],
  [[0x80, 0x05], PICKLE],
  [[0x89, 0x48, 0x44, 0x46], KERAS],
];

/** Other spellings of a framework, as `--framework` may have them. */
const FRAMEWORKS: Readonly<Record<string, Framework>> = {
  "scikit-learn": "scikit-learn",
  sklearn: "scikit-learn",
  xgboost: "xgboost",
  lightgbm: "lightgbm",
  pytorch: "pytorch",
  torch: "pytorch",
  keras: "keras",
  tensorflow: "tensorflow",
};

/** Files of a folder that are a model of another kind. */
export function isForeignModel(fileName: string): boolean {
  return extname(fileName).toLowerCase() in FORMATS;
}

/**
 * The refusal of a file that is known by its name.
 *
 * @param framework - as the user said it; decides the commands for a pickle
 * @returns undefined when the name is that of no other format
 */
export function refusalByName(path: string, framework?: string): BentoError | undefined {
  const format = FORMATS[extname(path).toLowerCase()];
  return format === undefined ? undefined : refusal(format, path, framework);
}

/**
 * The refusal of content that is known by its first bytes.
 *
 * @param head - the first bytes, at least four where there are so many
 */
export function refusalByContent(
  head: Uint8Array,
  path: string,
  framework?: string,
): BentoError | undefined {
  const found = MAGIC.find(([bytes]) => bytes.every((byte, index) => head[index] === byte));
  return found === undefined ? undefined : refusal(found[1], path, framework);
}

/** The refusal of a folder that holds a `saved_model.pb`. */
export function refusalOfSavedModel(folder: string): BentoError {
  return refusal(TENSORFLOW, folder);
}

function frameworkOf(name: string): Framework | undefined {
  return Object.hasOwn(FRAMEWORKS, name) ? FRAMEWORKS[name] : undefined;
}

function refusal(format: Format, path: string, framework?: string): BentoError {
  const isGeneral = format === PICKLE;
  const chosen =
    (isGeneral ? frameworkOf(framework?.toLowerCase() ?? "") : undefined) ?? format.framework;
  const target = `${basename(path, extname(path))}.onnx`;
  return new BentoError(
    "BENTO_INVALID_MODEL",
    `${basename(path)} is ${format.what}, not an ONNX model`,
    {
      where: path,
      hint: [
        `convert it where it was trained${isGeneral ? ` (${chosen}; another: --framework)` : ""}, then import ${target}:`,
        ...conversionCommands(chosen, { from: path, to: target }),
        `bento models import ${shellWord(target)} --name NAME`,
      ].join("\n"),
    },
  );
}

export interface Conversion {
  /** The file, or the folder of a SavedModel, as a shell or Python finds it. */
  readonly from: string;
  /** The .onnx file. */
  readonly to: string;
  /** Lines of Python that give `model`. @default they load `from` */
  readonly load?: readonly string[];
}

/** Commands for a shell where the model was trained, a line each. */
export function conversionCommands(framework: Framework, conversion: Conversion): string[] {
  const { from, to, load = loadLines(framework, from) } = conversion;
  return COMMANDS[framework]({ from, to, load });
}

const COMMANDS: Readonly<Record<Framework, (conversion: Required<Conversion>) => string[]>> = {
  "scikit-learn": ({ to, load }) => [
    "pip install skl2onnx joblib",
    ...python([
      ...load.slice(0, -1),
      "from skl2onnx import to_onnx",
      "from skl2onnx.common.data_types import FloatTensorType",
      "from sklearn.base import is_classifier",
      ...load.slice(-1),
      'rows = [("X", FloatTensorType([None, model.n_features_in_]))]',
      'options = {id(model): {"zipmap": False}} if is_classifier(model) else None',
      "converted = to_onnx(model, initial_types=rows, options=options)",
      `open(${JSON.stringify(to)}, "wb").write(converted.SerializeToString())`,
    ]),
  ],
  xgboost: ({ to, load }) => [
    "pip install xgboost onnxmltools",
    ...python([
      "import xgboost",
      "from onnxmltools import convert_xgboost",
      "from onnxmltools.convert.common.data_types import FloatTensorType",
      ...load,
      'features = getattr(model, "n_features_in_", None) or model.num_features()',
      'converted = convert_xgboost(model, initial_types=[("X", FloatTensorType([None, features]))])',
      `open(${JSON.stringify(to)}, "wb").write(converted.SerializeToString())`,
    ]),
  ],
  lightgbm: ({ to, load }) => [
    "pip install lightgbm onnxmltools",
    ...python([
      "import lightgbm",
      "from onnxmltools import convert_lightgbm",
      "from onnxmltools.convert.common.data_types import FloatTensorType",
      ...load,
      'features = getattr(model, "n_features_in_", None) or model.num_feature()',
      'rows = [("X", FloatTensorType([None, features]))]',
      "converted = convert_lightgbm(model, initial_types=rows, zipmap=False)",
      "for output in converted.graph.output:  # the converter writes 1 where any number of rows may be",
      '    output.type.tensor_type.shape.dim[0].dim_param = "n"',
      `open(${JSON.stringify(to)}, "wb").write(converted.SerializeToString())`,
    ]),
  ],
  pytorch: ({ to, load }) => [
    "pip install torch onnx onnxscript",
    ...python([
      "import torch",
      ...load,
      "# where the file holds a state_dict: build your module, then model.load_state_dict(...)",
      "rows = torch.zeros(2, FEATURES)  # the shape of two rows of your input",
      `torch.onnx.export(model, (rows,), ${JSON.stringify(to)}, input_names=["X"], output_names=["scores"],`,
      '                  dynamic_shapes=[{0: torch.export.Dim("n")}], dynamo=True)',
    ]),
  ],
  keras: ({ to, load }) => {
    const folder = to.replace(/\.onnx$/, "_saved_model");
    return [
      "pip install keras tensorflow tf2onnx",
      ...python([
        "import keras",
        ...load.slice(0, -1),
        `${load.at(-1)?.replace("model = ", "")}.export(${JSON.stringify(folder)})`,
      ]),
      `python -m tf2onnx.convert --saved-model ${shellWord(folder)} --output ${shellWord(to)}`,
    ];
  },
  tensorflow: ({ from, to }) => [
    "pip install tensorflow tf2onnx",
    `python -m tf2onnx.convert --saved-model ${from.startsWith("$(") ? `"${from}"` : shellWord(savedModelFolder(from))} --output ${shellWord(to)}`,
  ],
};

function python(lines: readonly string[]): string[] {
  return ["python - <<'END'", ...lines, "END"];
}

function loadLines(framework: Framework, from: string): string[] {
  const path = JSON.stringify(from);
  switch (framework) {
    case "scikit-learn":
      return ["import joblib", `model = joblib.load(${path})`];
    case "xgboost":
      return loadBooster(from, `xgboost.Booster(model_file=${path})`);
    case "lightgbm":
      return loadBooster(from, `lightgbm.Booster(model_file=${path})`);
    case "pytorch":
      return [`model = torch.load(${path}, weights_only=False).eval()`];
    case "keras":
    case "tensorflow":
      return [`model = keras.models.load_model(${path})`];
  }
}

/** A pickle of a booster is loaded as one; the booster's own format by the booster. */
function loadBooster(from: string, native: string): string[] {
  const isPickle = FORMATS[extname(from).toLowerCase()] === PICKLE;
  return isPickle
    ? ["import joblib", `model = joblib.load(${JSON.stringify(from)})`]
    : [`model = ${native}`];
}

function savedModelFolder(path: string): string {
  return path.endsWith(".pb") ? dirname(path) : path;
}

/** A path or name as a shell takes it for one word. */
export function shellWord(text: string): string {
  return /^[\w./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
