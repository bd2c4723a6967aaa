import { cp, mkdir, readdir, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { failureOf } from "../../support/failure.ts";
import { HOSTILE } from "../../support/hostile-archives.ts";
import { onnxFile } from "../../support/onnx-file.ts";
import { localTestStore } from "../../support/stores.ts";
import { tempDir } from "../../support/temp-dir.ts";
import { zipArchive } from "../../support/zip-archive.ts";

const FIXTURES = join(import.meta.dirname, "../../../fixtures/bentoml");
const ARCHIVES = ["iris.bentomodel", "iris.tar.gz", "iris.tar", "iris.zip"];
const YAML =
  "name: small\nversion: v1\nmodule: bentoml.onnx\nsignatures: {run: {batchable: true}}\n";

/** Of a model that BentoML would call `small:v1`. */
function smallZip(yaml = YAML, files: Readonly<Record<string, Uint8Array>> = {}): Buffer {
  return zipArchive({ "model.yaml": yaml, "saved_model.onnx": onnxFile({}), ...files });
}

describe("importing what BentoML exported", () => {
  it.each(ARCHIVES)("registers %s with all that it says", async (name) => {
    await using dir = await tempDir();
    const store = localTestStore(dir.path);
    const saved = await store.models.import(join(FIXTURES, name));
    expect(saved.notes).toEqual(["metadata split dropped: it is nested"]);
    const { manifest, labels, registeredAt } = await store.models.get({ name: "iris_classifier" });
    expect(manifest).toEqual({
      schema: 1,
      name: "iris_classifier",
      version: "v1.2.0",
      framework: "onnx",
      files: [{ path: "model.onnx", digest: expect.stringMatching(/^sha256:/), size: 14599 }],
      entry: "model.onnx",
      inputs: [{ name: "X", dtype: "float32", dims: ["n", 4] }],
      outputs: [
        { name: "label", dtype: "int64", dims: ["n"] },
        { name: "probabilities", dtype: "float32", dims: ["n", 3] },
      ],
      signatures: { run: { batchable: true } },
      metadata: {
        accuracy: 0.96,
        created_at: "2025-12-02",
        folds: [0.95, 0.97, 0.96],
        framework: "scikit-learn",
        trained_on: "2025-12-02",
      },
    });
    expect(labels).toEqual({ stage: "dev", owner: "ml-team" });
    expect(registeredAt).toMatch(/^20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    expect(await readdir(join(dir.path, ".tmp"))).toEqual([]);
  });

  it("takes what is given before what BentoML says", async () => {
    await using dir = await tempDir();
    const store = localTestStore(dir.path);
    const { manifest, notes } = await store.models.import(join(FIXTURES, "iris.zip"), {
      name: "flowers",
      version: "v2",
      framework: "scikit-learn",
      signatures: { predict: { outputs: ["label"] } },
      labels: { stage: "production" },
      metadata: { accuracy: 0.97 },
      registeredAt: "2025-01-01T00:00:00.000Z",
    });
    expect(manifest).toMatchObject({
      name: "flowers",
      version: "v2",
      framework: "scikit-learn",
      signatures: { predict: { batchable: true, outputs: ["label"] } },
      metadata: { accuracy: 0.97, created_at: "2025-12-02" },
    });
    expect(notes).toEqual(["metadata split dropped: it is nested"]);
    const { labels, registeredAt } = await store.models.get({ name: "flowers" });
    expect({ labels, registeredAt }).toEqual({
      labels: { stage: "production", owner: "ml-team" },
      registeredAt: "2025-01-01T00:00:00.000Z",
    });
  });

  it("is a no-op the second time", async () => {
    await using dir = await tempDir();
    const store = localTestStore(dir.path);
    const first = await store.models.import(join(FIXTURES, "iris.bentomodel"));
    const second = await store.models.import(join(FIXTURES, "iris.tar.gz"));
    expect([first.state, second.state]).toEqual(["created", "exists"]);
    expect(second.digest).toBe(first.digest);
  });

  it("never opens a pickle, and says so", async () => {
    await using dir = await tempDir();
    const store = localTestStore(dir.path);
    const saved = await store.models.import(join(FIXTURES, "iris-with-pickle.bentomodel"));
    expect(saved.notes).toEqual([
      "signature run stays single; the graph allows more: --signature run=batchable",
      "custom_objects.pkl left out: a pickle is never opened",
    ]);
    expect(saved.manifest.files.map(({ path }) => path)).toEqual(["model.onnx"]);
    expect(await stat("pickle-was-opened").catch(() => undefined)).toBeUndefined();
  });

  it("takes a version's folder in BentoML's store, and leaves it as it is", async () => {
    await using dir = await tempDir();
    const store = localTestStore(join(dir.path, "home"));
    const folder = join(dir.path, "bentoml/models/small/v1");
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, "model.yaml"), YAML);
    await writeFile(join(folder, "saved_model.onnx"), onnxFile({ external: { W: "W.bin" } }));
    await writeFile(join(folder, "W.bin"), Buffer.alloc(4));
    await writeFile(join(folder, "README.md"), "about");
    await writeFile(join(folder, "../latest"), "v1");
    const { manifest, notes } = await store.models.import(folder);
    expect(manifest.files.map(({ path }) => path)).toEqual(["W.bin", "model.onnx"]);
    expect(notes).toEqual(["README.md left out"]);
    expect((await readdir(folder)).length).toBe(4);
    expect(await failureOf(async () => store.models.import(join(folder, "..")))).toEqual({
      code: "BENTO_INVALID_INPUT",
      message: "the folder holds versions: v1",
      where: join(folder, ".."),
      hint: `name one: bento models import ${folder}`,
    });
  });

  it("says where the graph does not allow what BentoML joins", async () => {
    await using dir = await tempDir();
    const store = localTestStore(dir.path);
    const fixed = onnxFile({
      inputs: [{ name: "X", dims: [1, 4] }],
      outputs: [{ name: "Y", dims: [1, 4] }],
    });
    await writeFile(join(dir.path, "a.zip"), smallZip(YAML, { "saved_model.onnx": fixed }));
    const { manifest, notes } = await store.models.import(join(dir.path, "a.zip"));
    expect(manifest.signatures).toEqual({ run: { batchable: false } });
    expect(notes).toEqual([
      "signature run is single here: the graph has no open first axis to join rows on",
    ]);
  });

  it("takes a graph of another name where BentoML knows no framework", async () => {
    await using dir = await tempDir();
    const store = localTestStore(dir.path);
    const file = join(dir.path, "a.zip");
    const yaml = "name: small\nversion: 12e4\nmodule: ''\n";
    await writeFile(file, zipArchive({ "model.yaml": yaml, "net.onnx": onnxFile({}) }));
    const { manifest, notes } = await store.models.import(file);
    expect(`${manifest.name}:${manifest.version}`).toBe("small:12e4");
    expect(notes).toEqual([]);
  });

  it("makes the version from the content where BentoML's is none here", async () => {
    await using dir = await tempDir();
    const store = localTestStore(dir.path);
    await writeFile(join(dir.path, "a.zip"), smallZip(YAML.replace("v1", "latest")));
    const { manifest, notes } = await store.models.import(join(dir.path, "a.zip"));
    expect(manifest.version).toMatch(/^[0-9a-f]{16}$/);
    expect(notes).toEqual(['version "latest" is none here']);
  });
});

describe("refusing what BentoML exported", () => {
  it("gives the commands that convert a model of scikit-learn", async () => {
    await using dir = await tempDir();
    const store = localTestStore(dir.path);
    const file = join(dir.path, "iris-sklearn.bentomodel");
    await cp(join(FIXTURES, "iris-sklearn.bentomodel"), file);
    const failure = await failureOf(async () => store.models.import(file));
    expect({
      ...failure,
      hint: failure.hint?.replaceAll(dir.path, "DIR"),
      where: "",
    }).toMatchInlineSnapshot(`
      {
        "code": "BENTO_INVALID_MODEL",
        "hint": "convert it where BentoML has it (bentoml models import DIR/iris-sklearn.bentomodel puts it there):
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
      bento models import iris_sklearn.onnx --name iris_sklearn --version v1 --framework scikit-learn",
        "message": "iris_sklearn:v1 was saved by bentoml.sklearn, not as ONNX",
        "where": "",
      }
    `);
    expect(await readdir(join(dir.path, ".tmp"))).toEqual([]);
  });

  it.each([
    "xgboost",
    "lightgbm",
    "pytorch",
    "torchscript",
    "keras",
    "tensorflow",
    "catboost",
    "transformers",
    "fastai",
    "picklable_model",
  ])("names a way to ONNX for bentoml.%s", async (module) => {
    await using dir = await tempDir();
    const store = localTestStore(dir.path);
    await writeFile(join(dir.path, "a.zip"), smallZip(YAML.replace("onnx", module)));
    const {
      code,
      message,
      hint = "",
    } = await failureOf(async () => store.models.import(join(dir.path, "a.zip")));
    expect({ code, message }).toEqual({
      code: "BENTO_INVALID_MODEL",
      message: `small:v1 was saved by bentoml.${module}, not as ONNX`,
    });
    expect(hint.split("\n").at(-1)).toMatch(
      /^bento models import small\.onnx --name small --version v1/,
    );
    expect(hint.split("\n").length).toBeGreaterThan(2);
  });

  it.each([
    ["a.zip", zipArchive({ "other.txt": "x" }), "it has no model.yaml"],
    ["a.zip", smallZip("a: ["), "its model.yaml is not YAML"],
    ["a.zip", smallZip("- 1"), /its model\.yaml says otherwise \(all of it: /],
    ["a.zip", smallZip("name: [x]\nversion: v1"), /its model\.yaml says otherwise \(name: /],
  ])("tells why %s is none", async (name, bytes, why) => {
    await using dir = await tempDir();
    const store = localTestStore(dir.path);
    const file = join(dir.path, name);
    await writeFile(file, bytes);
    const failure = await failureOf(async () => store.models.import(file));
    expect(failure).toEqual({
      code: "BENTO_INVALID_INPUT",
      message: expect.stringMatching(why),
      where: file,
      hint: "make one with bentoml models export TAG, or name an .onnx file",
    });
  });

  it("names the archive, not where it was unpacked, for what is wrong with the model", async () => {
    await using dir = await tempDir();
    const store = localTestStore(dir.path);
    const file = join(dir.path, "a.zip");
    await writeFile(file, smallZip(YAML, { "saved_model.onnx": Buffer.from("no model") }));
    const failure = await failureOf(async () => store.models.import(file));
    expect(failure).toMatchObject({
      code: "BENTO_INVALID_MODEL",
      where: `${file}: saved_model.onnx`,
    });
  });

  it("leaves nothing behind of a hostile archive", async () => {
    await using dir = await tempDir();
    const store = localTestStore(join(dir.path, "home"));
    for (const [what, bytes] of Object.entries(HOSTILE).filter(([one]) => !one.includes("bomb"))) {
      await writeFile(join(dir.path, "a.bentomodel"), bytes);
      const failure = await failureOf(async () =>
        store.models.import(join(dir.path, "a.bentomodel")),
      );
      expect([what, failure.code]).toEqual([what, "BENTO_REFUSED"]);
      expect((await readdir(dir.path)).sort()).toEqual(["a.bentomodel", "home"]);
      expect(await readdir(join(dir.path, "home"), { recursive: true })).toEqual([".tmp"]);
    }
  });

  it("has the name of an archive that is not there in its error", async () => {
    await using dir = await tempDir();
    const store = localTestStore(dir.path);
    const file = join(dir.path, "none.bentomodel");
    expect((await failureOf(async () => store.models.import(file))).code).toBe("BENTO_NOT_FOUND");
    expect(await readFile(file).catch(() => undefined)).toBeUndefined();
  });
});
