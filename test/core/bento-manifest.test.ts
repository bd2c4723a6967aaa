import { describe, expect, it } from "vitest";
import {
  BentoManifest,
  type BentoModel,
  bentoDigest,
  bentoModelFolder,
  runtimeManifest,
} from "../../core/bento-manifest.ts";
import { digestOf } from "../../core/digest.ts";
import { RuntimeManifest } from "../../core/runtime-manifest.ts";

const MODEL: BentoModel = {
  key: "iris",
  asked: "iris_classifier:latest",
  name: "iris_classifier",
  version: "v1.2.0",
  digest: digestOf("manifest"),
  entry: "model.onnx",
  files: [{ path: "model.onnx", digest: digestOf("onnx"), size: 4 }],
  batchable: true,
};
const IRIS: BentoManifest = {
  schema: 1,
  name: "iris",
  version: "3f2a9c0011223344",
  labels: { team: "flowers" },
  service: "iris",
  apis: [{ name: "classify", kind: "batch" }],
  models: [MODEL],
  resources: { cpu: 1, memory: "1Gi" },
  traffic: { timeoutMs: 10_000 },
  env: ["DATABASE_URL"],
  runtime: { bentokit: "0.1.0", node: "24", onnxruntime: "1.30.0" },
  docker: {},
  files: [{ path: "src/service.js", digest: digestOf("service"), size: 7 }],
};

describe("BentoManifest", () => {
  it("takes a whole manifest as it is", () => {
    expect(BentoManifest.parse(IRIS)).toEqual(IRIS);
  });

  it("writes out labels and docker that were left out", () => {
    const { labels: _, docker: __, ...rest } = IRIS;
    expect(BentoManifest.parse(rest)).toEqual({ ...IRIS, labels: {} });
  });

  it.each<[string, object, (string | number)[]]>([
    ["another format", { schema: 2 }, ["schema"]],
    ["a version that is no tag's", { version: "../x" }, ["version"]],
    [
      "a model's file outside its folder",
      { models: [{ ...MODEL, files: [{ ...MODEL.files[0], path: "../x" }] }] },
      ["models", 0, "files", 0, "path"],
    ],
    [
      "a model's entry that is no file of its own",
      { models: [{ ...MODEL, entry: "../../x.onnx" }] },
      ["models", 0, "entry"],
    ],
    [
      "a file outside the bento",
      { files: [{ path: "/etc/passwd", digest: digestOf(""), size: 0 }] },
      ["files", 0, "path"],
    ],
    ["an api of an unknown kind", { apis: [{ name: "a", kind: "stream" }] }, ["apis", 0, "kind"]],
    ["a clock", { createdAt: "2025-01-01" }, []],
  ])("rejects %s", (_, change, path) => {
    const { error } = BentoManifest.safeParse({ ...IRIS, ...change });
    expect(error?.issues[0]?.path).toEqual(path);
  });
});

describe("bentoDigest", () => {
  it("stays the same from release to release", () => {
    expect(bentoDigest(IRIS)).toMatchInlineSnapshot(
      `"sha256:14064089d15ffd0d22217c8bfe2039372dc0d240b0f4ea299292c6bbc20c6f9f"`,
    );
  });

  it("is the same whatever the order of the keys", () => {
    const turned = Object.fromEntries(Object.entries(IRIS).reverse()) as unknown as BentoManifest;
    expect(bentoDigest(turned)).toBe(bentoDigest(IRIS));
  });

  it.each<[string, Partial<BentoManifest>]>([
    ["models", { models: [] }],
    ["labels", { labels: {} }],
    ["resources", { resources: { cpu: 2, memory: "1Gi" } }],
  ])("changes with the %s", (_, change) => {
    expect(bentoDigest({ ...IRIS, ...change })).not.toBe(bentoDigest(IRIS));
  });
});

describe("bentoModelFolder", () => {
  it("is named by the model and its version", () => {
    expect(bentoModelFolder(MODEL)).toBe("models/iris_classifier/v1.2.0");
  });
});

describe("runtimeManifest", () => {
  it("holds what the handler reads at start", () => {
    const runtime = runtimeManifest(IRIS);
    expect(RuntimeManifest.parse(runtime)).toEqual({
      name: "iris",
      version: "3f2a9c0011223344",
      digest: bentoDigest(IRIS),
      models: {
        iris: {
          tag: "iris_classifier:v1.2.0",
          digest: MODEL.digest,
          path: "models/iris_classifier/v1.2.0/model.onnx",
          batchable: true,
        },
      },
    });
  });

  it("holds one model under each key that the service gave it", () => {
    const models = [MODEL, { ...MODEL, key: "other" }];
    expect(Object.keys(runtimeManifest({ ...IRIS, models }).models)).toEqual(["iris", "other"]);
  });
});
