/**
 * The committed models, with the rows and the predictions of the frameworks that trained them.
 *
 * @module
 */
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";

export interface FixtureModel {
  /** Of the .onnx file. */
  readonly path: string;
  /** Name of the graph's input, float32 [n, width]. */
  readonly input: string;
  readonly classes: readonly (string | number)[];
  readonly rows: readonly (readonly number[])[];
  /** Index of the class, for each row. */
  readonly labels: readonly number[];
  readonly probabilities: readonly (readonly number[])[];
}

export const FIXTURE_MODELS = [
  "iris_random_forest",
  "breast_cancer_xgboost",
  "breast_cancer_lightgbm",
  "digits_mlp_torch",
  "digits_mlp_keras",
] as const;

export async function fixtureModel(name: (typeof FIXTURE_MODELS)[number]): Promise<FixtureModel> {
  const folder = new URL(`../../fixtures/models/${name}/`, import.meta.url);
  const { input, classes, rows, labels, probabilities } = JSON.parse(
    await readFile(new URL("rows.json", folder), "utf8"),
  );
  return {
    path: fileURLToPath(new URL("model.onnx", folder)),
    input,
    classes,
    rows,
    labels,
    probabilities,
  };
}
