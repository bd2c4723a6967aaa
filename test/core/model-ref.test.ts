import { describe, expect, it } from "vitest";
import { model } from "../../core/model-ref.ts";

describe("model", () => {
  it("names a model of the store as typed", () => {
    expect(model("iris:production")).toEqual({ kind: "model", tag: "iris:production" });
  });

  it("keeps how calls share batches", () => {
    expect(model("iris", { batch: { maxBatchSize: 8 } })).toEqual({
      kind: "model",
      tag: "iris",
      batch: { maxBatchSize: 8 },
    });
  });
});

describe("model.file", () => {
  it("names a file of the project", () => {
    expect(model.file("./m.onnx", { batch: { maxWaitMs: 5 } })).toEqual({
      kind: "model-file",
      file: "./m.onnx",
      batch: { maxWaitMs: 5 },
    });
  });
});
