import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { diffImages, type ImageToCompare } from "../../oci/diff-images.ts";
import { composeImage, writeImage } from "../../oci/image.ts";
import { inspectImage } from "../../oci/inspect-image.ts";
import { buildLayer } from "../../oci/layer.ts";
import { createLayout } from "../../oci/layout.ts";
import { type TarEntry, tarFile } from "../../oci/tar-entry.ts";
import { tempDir } from "../support/temp-dir.ts";

type Layers = Readonly<Record<string, readonly TarEntry[]>>;

async function image(
  directory: string,
  layers: Layers,
  env: Readonly<Record<string, string>> = {},
): Promise<ImageToCompare> {
  const source = await createLayout(directory);
  const built = [];
  for (const [title, entries] of Object.entries(layers)) {
    built.push({ title, ...(await buildLayer({ entries, compression: "gzip", sink: source })) });
  }
  const start = {
    entrypoint: ["/node"],
    workingDirectory: "/",
    user: "1:1",
    env,
    labels: { v: env["V"] ?? "" },
    ports: [],
  };
  await writeImage(source, composeImage({ platform: "linux/amd64", layers: built, start }));
  return { ...(await inspectImage(source)), source };
}

const os = [tarFile("etc/os", "debian")];
const app = [tarFile("app/main.js", "one"), tarFile("app/old.js", ""), tarFile("app/same", "s")];

describe("diffImages", () => {
  it("finds nothing between an image and itself, and reads no layer", async () => {
    await using dir = await tempDir();
    const one = await image(dir.path, { os, app });
    const source = { ...one.source, readBlob: () => Promise.reject(new Error("read")) as never };
    const { layers, values, bytes } = await diffImages(one, { ...one, source });
    expect(layers.map(({ title, state }) => [title, state])).toEqual([
      ["os", "same"],
      ["app", "same"],
    ]);
    expect([values, bytes.before - bytes.after]).toEqual([[], 0]);
  });

  it("pairs layers by content, title and model, and tells files and settings apart", async () => {
    await using dir = await tempDir();
    const weights = (text: string) => [tarFile("app/models/iris/model.onnx", text)];
    const one = await image(
      join(dir.path, "one"),
      { os, natives: [tarFile("n", "1")], "model iris:v1": weights("1"), app },
      { PORT: "1", V: "1" },
    );
    const two = await image(
      join(dir.path, "two"),
      {
        os,
        "model iris:v2": weights("2"),
        "model rose:v1": weights("3"),
        app: [
          { ...tarFile("app/main.js", "one"), executable: true },
          { kind: "symlink", path: "app/new", target: "main.js" },
          tarFile("app/same", "s"),
        ],
      },
      { V: "2", EXTRA: "yes" },
    );
    const { layers, values } = await diffImages(one, two);
    expect(layers.map(({ before: _, after: __, ...layer }) => layer)).toMatchInlineSnapshot(`
      [
        {
          "files": [],
          "state": "same",
          "title": "os",
        },
        {
          "files": [
            {
              "path": "app/models/iris/model.onnx",
              "state": "changed",
            },
          ],
          "state": "changed",
          "title": "model iris:v2",
        },
        {
          "files": [],
          "state": "added",
          "title": "model rose:v1",
        },
        {
          "files": [
            {
              "path": "app/main.js",
              "state": "changed",
            },
            {
              "path": "app/new",
              "state": "added",
            },
            {
              "path": "app/old.js",
              "state": "removed",
            },
          ],
          "state": "changed",
          "title": "app",
        },
        {
          "files": [],
          "state": "removed",
          "title": "natives",
        },
      ]
    `);
    expect(values).toMatchInlineSnapshot(`
      [
        {
          "after": "yes",
          "name": "Env.EXTRA",
        },
        {
          "before": "1",
          "name": "Env.PORT",
        },
        {
          "after": "2",
          "before": "1",
          "name": "Env.V",
        },
        {
          "after": "2",
          "before": "1",
          "name": "Labels.v",
        },
      ]
    `);
  });
});
