import { mkdir, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { digestOf } from "../../core/digest.ts";
import { collect } from "../../model-store/collect.ts";
import { readModelSource } from "../../model-store/model-source.ts";
import { failureOf } from "../support/failure.ts";
import { onnxFile } from "../support/onnx-file.ts";
import { tempDir } from "../support/temp-dir.ts";

/** A folder with the given files, by path. */
async function folderWith(files: Readonly<Record<string, string | Uint8Array>>) {
  const dir = await tempDir();
  for (const [path, content] of Object.entries(files)) {
    await mkdir(join(dir.path, path, ".."), { recursive: true });
    await writeFile(join(dir.path, path), content);
  }
  return dir;
}

describe("readModelSource", () => {
  it("reads a file, its digest and its bytes", async () => {
    await using dir = await folderWith({ "m.onnx": onnxFile() });
    const source = await readModelSource(join(dir.path, "m.onnx"));
    expect(source.loadable).toBe(join(dir.path, "m.onnx"));
    const [file, ...more] = source.files;
    expect(more).toEqual([]);
    expect(file).toMatchObject({ path: "model.onnx", blob: { digest: digestOf(onnxFile()) } });
    expect(Buffer.concat(await collect(file?.blob.open() ?? []))).toEqual(onnxFile());
  });

  it("follows a link to a file and finds external data beside the link", async () => {
    await using dir = await folderWith({
      "blobs/1": onnxFile({ external: { W: "w.bin" } }),
      "blobs/2": "1234",
    });
    await mkdir(join(dir.path, "snapshot"));
    await symlink("../blobs/1", join(dir.path, "snapshot/model.onnx"));
    await symlink("../blobs/2", join(dir.path, "snapshot/w.bin"));
    const source = await readModelSource(join(dir.path, "snapshot"));
    expect(source.files.map(({ path }) => path)).toEqual(["model.onnx", "w.bin"]);
  });

  const onnx = onnxFile();
  it.each<[string, Readonly<Record<string, string | Uint8Array>>, string, object]>([
    [
      "a path that is not there",
      {},
      "none.onnx",
      {
        code: "BENTO_NOT_FOUND",
        message: "no such file or folder: DIR/none.onnx",
        where: "DIR/none.onnx",
        hint: "check the path",
      },
    ],
    [
      "an empty folder",
      {},
      "",
      {
        code: "BENTO_INVALID_MODEL",
        message: "the folder holds no .onnx file",
        where: "DIR/",
        hint: "name an .onnx file, or a folder with exactly one",
      },
    ],
    [
      "a folder with two models",
      { "a.onnx": onnx, "b.onnx": onnx },
      "",
      {
        code: "BENTO_INVALID_MODEL",
        message: "expected one .onnx file, got 2: a.onnx, b.onnx",
        where: "DIR/",
        hint: "name the file: DIR/a.onnx",
      },
    ],
    [
      "a text that is called .onnx",
      { "m.onnx": "this is not a model" },
      "m.onnx",
      {
        code: "BENTO_INVALID_MODEL",
        message: "not a readable ONNX file: no field starts before byte 1",
        where: "DIR/m.onnx",
        hint: "the file is damaged, cut short or of another kind; export it again, and compare its size with the original",
      },
    ],
    [
      "external data that is not there",
      { "m.onnx": onnxFile({ external: { W: "w.bin" } }) },
      "m.onnx",
      {
        code: "BENTO_INVALID_MODEL",
        message: "the model keeps weights in w.bin, which is not beside it",
        where: "DIR/m.onnx",
        hint: "put the file at DIR/w.bin",
      },
    ],
    ...["../w.bin", "/etc/passwd", "model.onnx", "a/../../b", ""].map(
      (location): [string, Readonly<Record<string, Uint8Array>>, string, object] => [
        `external data at ${JSON.stringify(location)}`,
        { "m.onnx": onnxFile({ external: { W: location } }) },
        "m.onnx",
        {
          code: "BENTO_INVALID_MODEL",
          message: `the model keeps weights in ${JSON.stringify(location)}`,
          where: "DIR/m.onnx",
          hint: "export it with its external data in files beside it: a relative path without .., not model.onnx",
        },
      ],
    ),
  ])("refuses %s", async (_, files, path, expected) => {
    await using dir = await folderWith(files);
    const failure = await failureOf(() => readModelSource(`${dir.path}/${path}`));
    expect(JSON.parse(JSON.stringify(failure).replaceAll(dir.path, "DIR"))).toEqual(expected);
  });

  it.each([
    [{ "m.pkl": "" }, "m.pkl", "m.pkl is a Python pickle, not an ONNX model"],
    [
      { "m.onnx": Buffer.from([0x80, 4, 0x95, 0]) },
      "m.onnx",
      "m.onnx is a Python pickle, not an ONNX model",
    ],
    [{ "x.joblib": "", "notes.md": "" }, "", "x.joblib is a Python pickle, not an ONNX model"],
    [
      { "sm/saved_model.pb": "", "sm/variables/x": "" },
      "sm",
      "sm is a TensorFlow SavedModel, not an ONNX model",
    ],
  ])("names what %j is instead", async (files, path, message) => {
    await using dir = await folderWith(files);
    const failure = await failureOf(() => readModelSource(join(dir.path, path)));
    expect(failure).toMatchObject({ code: "BENTO_INVALID_MODEL", message });
  });

  it("refuses bytes whose weights are in files", async () => {
    expect(await failureOf(() => readModelSource(onnxFile({ external: { W: "w.bin" } })))).toEqual({
      code: "BENTO_INVALID_MODEL",
      message: "the model keeps weights in w.bin, which its bytes do not bring",
      hint: "give the path of the .onnx file or of its folder instead",
    });
  });

  it("refuses what is neither file nor folder", async () => {
    expect(await failureOf(() => readModelSource("/dev/null"))).toEqual({
      code: "BENTO_INVALID_INPUT",
      message: "not a file: /dev/null",
      where: "/dev/null",
      hint: "write it to a file first and name that",
    });
  });
});
