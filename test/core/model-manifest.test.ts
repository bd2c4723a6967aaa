import { describe, expect, it } from "vitest";
import { digestOf } from "../../core/digest.ts";
import {
  contentVersion,
  Metadata,
  ModelManifest,
  modelDigest,
  StoredFile,
} from "../../core/model-manifest.ts";

const FILE: StoredFile = { path: "model.onnx", digest: digestOf("onnx"), size: 4 };
const IRIS: ModelManifest = {
  schema: 1,
  name: "iris_classifier",
  version: "v1.2.0",
  framework: "scikit-learn",
  files: [FILE],
  entry: "model.onnx",
  inputs: [{ name: "X", dtype: "float32", dims: ["n", 4] }],
  outputs: [{ name: "label", dtype: "int64", dims: ["n"] }],
  signatures: { predict: { batchable: true, outputs: ["label"] } },
  metadata: { accuracy: 0.97, classes: ["setosa", "versicolor"] },
};

describe("StoredFile", () => {
  it.each(["model.onnx", "weights/part.0.bin", "a b/é.txt", "..a/...", ".hidden", "a../b"])(
    "takes the path %j",
    (path) => {
      expect(StoredFile.parse({ ...FILE, path })).toEqual({ ...FILE, path });
    },
  );

  it.each([
    "",
    "/etc/passwd",
    "..",
    ".",
    "../x",
    "a/../b",
    "a/..",
    "./a",
    "a/./b",
    "a//b",
    "a/",
    "a\\b",
    "a\0b",
    "a\n/../../b",
    "a\r/../b",
  ])("rejects the path %j", (path) => {
    expect(StoredFile.safeParse({ ...FILE, path }).success).toBe(false);
  });

  it.each([-1, 0.5, Number.NaN])("rejects the size %d", (size) => {
    expect(StoredFile.safeParse({ ...FILE, size }).success).toBe(false);
  });
});

describe("Metadata", () => {
  it("takes texts, numbers, booleans, null and lists of them", () => {
    const value = { a: "x", b: 1.5, c: true, d: null, e: ["x", 1, false] };
    expect(Metadata.parse(value)).toEqual(value);
  });

  it.each([{ a: { b: 1 } }, { a: [[1]] }, { "": 1 }, { a: Number.NaN }, { a: new Date(0) }])(
    "rejects %j",
    (value) => {
      expect(Metadata.safeParse(value).success).toBe(false);
    },
  );
});

describe("ModelManifest", () => {
  it("takes a whole manifest as it is", () => {
    expect(ModelManifest.parse(IRIS)).toEqual(IRIS);
  });

  it.each<[string, object, (string | number)[]]>([
    ["another format", { schema: 2 }, ["schema"]],
    ["a name that is no tag's", { name: "Iris" }, ["name"]],
    ["no files", { files: [] }, ["files"]],
    ["an entry that is no file of its own", { entry: "../other.onnx" }, ["entry"]],
    ["a file outside its folder", { files: [{ ...FILE, path: "../x" }] }, ["files", 0, "path"]],
    ["another key", { labels: {} }, []],
  ])("rejects %s", (_, change, path) => {
    const { error } = ModelManifest.safeParse({ ...IRIS, ...change });
    expect(error?.issues[0]?.path).toEqual(path);
  });
});

describe("modelDigest", () => {
  it("stays the same from release to release", () => {
    expect(modelDigest(IRIS)).toMatchInlineSnapshot(
      `"sha256:163efdc8cadc51af636e1440635424ffea290da45dc15433f39133dbbbf8a0c0"`,
    );
  });

  it("is the same whatever the order of the keys", () => {
    const turned = Object.fromEntries(Object.entries(IRIS).reverse()) as unknown as ModelManifest;
    expect(modelDigest(turned)).toBe(modelDigest(IRIS));
  });

  it.each<[string, Partial<ModelManifest>]>([
    ["version", { version: "v2" }],
    ["files", { files: [{ ...FILE, size: 5 }] }],
    ["signatures", { signatures: {} }],
    ["metadata", { metadata: {} }],
  ])("changes with the %s", (_, change) => {
    expect(modelDigest({ ...IRIS, ...change })).not.toBe(modelDigest(IRIS));
  });
});

describe("contentVersion", () => {
  it("is 16 hex digits, the same from release to release", () => {
    const { version: _, ...content } = IRIS;
    expect(contentVersion(content)).toMatchInlineSnapshot(`"a31404abcc958424"`);
  });

  it("differs where the content does", () => {
    expect(contentVersion({ a: 1 })).not.toBe(contentVersion({ a: 2 }));
  });
});
