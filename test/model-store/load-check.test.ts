import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { loadWithOnnxRuntime } from "../../model-store/load-check.ts";
import { failureOf } from "../support/failure.ts";
import { onnxFile } from "../support/onnx-file.ts";
import { tempDir } from "../support/temp-dir.ts";

describe("loadWithOnnxRuntime", () => {
  it("takes a model as a file and as bytes", async () => {
    await using dir = await tempDir();
    const path = join(dir.path, "m.onnx");
    await writeFile(path, onnxFile());
    await expect(loadWithOnnxRuntime(path)).resolves.toBeUndefined();
    await expect(loadWithOnnxRuntime(onnxFile())).resolves.toBeUndefined();
  });

  it("refuses what has the form of a model but cannot run, with onnxruntime's reason", async () => {
    await using dir = await tempDir();
    const path = join(dir.path, "m.onnx");
    const content = onnxFile({ inputs: [{ name: "X", elemType: 7, dims: ["n"] }] });
    await writeFile(path, content);
    const failure = await failureOf(() => loadWithOnnxRuntime(path));
    expect(failure.message).toMatch(/^onnxruntime cannot load the model: .*Type Error/);
    expect(failure).toMatchObject({
      code: "BENTO_INVALID_MODEL",
      where: path,
      hint: "export it again, with an opset that onnxruntime has; onnx.checker.check_model says more about the file",
    });
    expect((await failureOf(() => loadWithOnnxRuntime(content))).where).toBeUndefined();
  });
});
