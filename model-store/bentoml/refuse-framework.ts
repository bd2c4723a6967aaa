/**
 * The refusal of BentoML's models of other frameworks, with the commands that make ONNX of that very model where
 * BentoML and the framework are installed.
 *
 * @module
 */
import { BentoError } from "../../core/bento-error.ts";
import { conversionCommands, type Framework, shellWord } from "../converters.ts";

interface ForeignModel {
  /** As model.yaml has it, e.g. `bentoml.sklearn`. */
  readonly module: string;
  readonly name: string;
  readonly version: string;
  /** The archive or folder as the user named it. */
  readonly origin: string;
}

/** Modules of BentoML by the framework whose converter takes what they load. */
const FRAMEWORKS: Readonly<Record<string, Framework>> = {
  sklearn: "scikit-learn",
  xgboost: "xgboost",
  lightgbm: "lightgbm",
  pytorch: "pytorch",
  pytorch_lightning: "pytorch",
  torchscript: "pytorch",
  keras: "keras",
  tensorflow: "tensorflow",
};

/** A BENTO_INVALID_MODEL; nothing of the model is opened. */
export function refusalOfFramework(model: ForeignModel): BentoError {
  const { module, name, version, origin } = model;
  const short = module.replace(/^bentoml\.(?:_internal\.frameworks\.)?/, "");
  const framework = Object.hasOwn(FRAMEWORKS, short) ? FRAMEWORKS[short] : undefined;
  const target = `${name}.onnx`;
  const flags = framework === undefined ? "" : ` --framework ${framework}`;
  return new BentoError(
    "BENTO_INVALID_MODEL",
    `${name}:${version} was saved by ${module}, not as ONNX`,
    {
      where: origin,
      hint: [
        `convert it where BentoML has it (bentoml models import ${shellWord(origin)} puts it there):`,
        ...commands(model, short, framework),
        `bento models import ${shellWord(target)} --name ${shellWord(name)} --version ${shellWord(version)}${flags}`,
      ].join("\n"),
    },
  );
}

function commands(
  { name, version }: ForeignModel,
  short: string,
  framework: Framework | undefined,
): string[] {
  const tag = `${name}:${version}`;
  const to = `${name}.onnx`;
  const folder = `$(bentoml models get ${shellWord(tag)} -o path)`;
  const load = ["import bentoml", `model = bentoml.${short}.load_model(${JSON.stringify(tag)})`];
  if (framework !== undefined) {
    return conversionCommands(framework, { from: folder, to, load });
  }
  switch (short) {
    case "catboost":
      return [
        "python - <<'END'",
        ...load,
        `model.save_model(${JSON.stringify(to)}, format="onnx")`,
        "END",
      ];
    case "transformers":
      return [
        'pip install "optimum[onnxruntime]"',
        `optimum-cli export onnx --model "${folder}" ${shellWord(name)}_onnx`,
        `# the file to import is then ${name}_onnx/model.onnx`,
      ];
    default:
      return [`# load it in Python and export it to ${to} with its framework's own ONNX exporter`];
  }
}
