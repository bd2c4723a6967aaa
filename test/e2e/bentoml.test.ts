import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { importByBentoMl, skipWithoutBentoMl } from "../support/python-bentoml.ts";
import { localTestStore } from "../support/stores.ts";
import { tempDir } from "../support/temp-dir.ts";

const MODEL = join(import.meta.dirname, "../../fixtures/models/iris_random_forest/model.onnx");

describe.skipIf(skipWithoutBentoMl())("what BentoML of PyPI makes of our archives", () => {
  it.each(["bentomodel", "tar.xz", "tar.gz", "tar"])(
    "imports .%s, reads all that it can be told, and runs the model",
    { timeout: 60_000 },
    async (extension) => {
      await using dir = await tempDir();
      const store = localTestStore(join(dir.path, "home"));
      const file = join(dir.path, `iris.${extension}`);
      await store.models.save(MODEL, {
        name: "iris_classifier",
        version: "1e5",
        labels: { stage: "dev", "odd \u2028 one": "yes" },
        metadata: { accuracy: 0.96, rate: 1e-7, day: "2025-12-02", on: true, folds: [1, "a"] },
        registeredAt: "2025-12-02T08:00:00.514Z",
      });
      await store.models.exportArchive({ name: "iris_classifier" }, file);
      const seen = await importByBentoMl(file, "iris_classifier:1e5", join(dir.path, "bentoml"));
      expect(seen).toEqual({
        tag: "iris_classifier:1e5",
        module: "bentoml.onnx",
        labels: { stage: "dev", "odd \u2028 one": "yes" },
        metadata: { accuracy: 0.96, rate: 1e-7, day: "2025-12-02", on: true, folds: [1, "a"] },
        signatures: { run: [true, [0, 0]] },
        inputs: {
          run: [
            {
              name: "X",
              type: {
                tensorType: {
                  elemType: 1,
                  shape: { dim: [{ dimParam: "n" }, { dimValue: "4" }] },
                },
              },
            },
          ],
        },
        created: "2025-12-02T08:00:00.514000+00:00",
        label: [2],
      });
    },
  );
});
