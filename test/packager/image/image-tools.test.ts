import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { readdir, readFile, readlink, stat } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { writeArchive } from "../../../oci/archive.ts";
import { inspectImage } from "../../../oci/inspect-image.ts";
import { createLayout } from "../../../oci/layout.ts";
import { containerize } from "../../../packager/image/containerize.ts";
import { tempDir } from "../../support/temp-dir.ts";
import { skipWithout } from "../../support/tools.ts";
import { writeSampleBase, writeSampleBento, writeSampleOnnxruntime } from "./sample-bento.ts";

async function sampleImage(path: string) {
  const layout = await createLayout(join(path, "image"));
  const bentoDirectory = join(path, "bento");
  const manifest = await writeSampleBento(bentoDirectory);
  const image = await containerize({
    bentoDirectory,
    manifest,
    base: await writeSampleBase(join(path, "base")),
    platform: "linux/amd64",
    onnxruntimeDirectory: await writeSampleOnnxruntime(join(path, "onnxruntime-node")),
    layout,
    name: "v1",
  });
  return { layout, image, bentoDirectory };
}

/** Each path with its mode and content, in short. */
async function tree(root: string): Promise<Record<string, string>> {
  const found = await readdir(root, { recursive: true, withFileTypes: true });
  const lines = await Promise.all(
    found.map(async (item): Promise<[string, string]> => {
      const path = join(item.parentPath, item.name);
      const name = path.slice(root.length + 1);
      if (item.isSymbolicLink()) {
        return [name, `-> ${await readlink(path)}`];
      }
      const { mode } = await stat(path);
      const bytes = item.isFile() ? await readFile(path) : Buffer.alloc(0);
      const digest = createHash("sha256").update(bytes).digest("hex").slice(0, 12);
      return [name, `${(mode & 0o7777).toString(8)} ${item.isFile() ? digest : "directory"}`];
    }),
  );
  return Object.fromEntries(lines.sort());
}

describe.skipIf(skipWithout("skopeo"))("containerize, read by skopeo", () => {
  it.each(["oci", "oci-archive", "docker-archive"] as const)("as %s", async (kind) => {
    await using dir = await tempDir();
    const { layout, image } = await sampleImage(dir.path);
    const file = join(dir.path, "image.tar");
    const { descriptor } = await inspectImage(layout);
    if (kind !== "oci") {
      const name = kind === "oci-archive" ? undefined : "iris:v1";
      await writeArchive({ layout, image: descriptor, kind, file, name });
    }
    const source = kind === "oci" ? `${layout.directory}:v1` : file;
    const config = ["inspect", "--config", `${kind}:${source}`];
    const read = JSON.parse(execFileSync("skopeo", config, { encoding: "utf8" }));
    expect(read.config.Entrypoint).toEqual(["/usr/local/bin/node", "/app/src/main.js"]);
    const seen = JSON.parse(
      execFileSync("skopeo", ["inspect", `${kind}:${source}`], { encoding: "utf8" }),
    );
    if (kind === "oci") {
      expect(seen.Digest).toBe(image.digest);
    }
    // A docker-archive has layers of its own media type and names them by their diff_ids.
    expect(seen.Layers).toEqual(
      kind === "docker-archive" ? read.rootfs.diff_ids : image.layers.map(({ digest }) => digest),
    );
  });
});

describe.skipIf(skipWithout("umoci"))("containerize, unpacked by umoci", () => {
  it("gives the tree of the base and the bento, readable by anyone", async () => {
    await using dir = await tempDir();
    const { layout, bentoDirectory } = await sampleImage(dir.path);
    const bundle = join(dir.path, "bundle");
    execFileSync("umoci", ["unpack", "--rootless", "--image", `${layout.directory}:v1`, bundle]);
    const unpacked = await tree(join(bundle, "rootfs"));
    expect(unpacked).toMatchInlineSnapshot(`
      {
        "app": "755 directory",
        "app/apis": "755 directory",
        "app/apis/openapi.json": "644 ca3d163bab05",
        "app/apis/schema.json": "644 ca3d163bab05",
        "app/bento.json": "644 040bf17cf9c4",
        "app/bento.yaml": "644 9f8b47ef3d7a",
        "app/models": "755 directory",
        "app/models/iris": "755 directory",
        "app/models/iris/v1": "755 directory",
        "app/models/iris/v1/model.onnx": "644 8be48d7c559f",
        "app/node_modules": "755 directory",
        "app/node_modules/onnxruntime-common": "755 directory",
        "app/node_modules/onnxruntime-common/dist": "755 directory",
        "app/node_modules/onnxruntime-common/dist/cjs": "755 directory",
        "app/node_modules/onnxruntime-common/dist/cjs/index.js": "644 e3b0c44298fc",
        "app/node_modules/onnxruntime-common/dist/cjs/package.json": "644 fa6944a20ca5",
        "app/node_modules/onnxruntime-common/package.json": "644 4240e4e602e4",
        "app/node_modules/onnxruntime-node": "755 directory",
        "app/node_modules/onnxruntime-node/bin": "755 directory",
        "app/node_modules/onnxruntime-node/bin/napi-v6": "755 directory",
        "app/node_modules/onnxruntime-node/bin/napi-v6/linux": "755 directory",
        "app/node_modules/onnxruntime-node/bin/napi-v6/linux/x64": "755 directory",
        "app/node_modules/onnxruntime-node/bin/napi-v6/linux/x64/libonnxruntime.so.1": "644 9f2d07dc6f71",
        "app/node_modules/onnxruntime-node/bin/napi-v6/linux/x64/onnxruntime_binding.node": "644 efe07de8b691",
        "app/node_modules/onnxruntime-node/dist": "755 directory",
        "app/node_modules/onnxruntime-node/dist/binding.js": "644 e3b0c44298fc",
        "app/node_modules/onnxruntime-node/dist/index.js": "644 e3b0c44298fc",
        "app/node_modules/onnxruntime-node/package.json": "644 dbe0deb96b6b",
        "app/src": "755 directory",
        "app/src/main.js": "644 1d18f6b91fc8",
        "app/src/package.json": "644 1239d4d885dc",
        "app/src/service.js": "644 450f0af4f4c1",
        "tmp": "1777 directory",
        "usr": "755 directory",
        "usr/lib": "755 directory",
        "usr/lib/ld-linux-aarch64.so.1": "644 91145d898f51",
        "usr/lib/ld-linux-x86-64.so.2": "644 d2adede575e4",
        "usr/lib/libc.so.6": "644 b9243c7d3171",
        "usr/lib/libdl.so.2": "644 600b36a37f4a",
        "usr/lib/libgcc_s.so.1": "644 ed26fb05ccb5",
        "usr/lib/libm.so.6": "644 05e27f3ea8fb",
        "usr/lib/libpthread.so.0": "644 80f1b08e3d64",
        "usr/lib/librt.so.1": "644 05af9f6bacb1",
        "usr/lib/libstdc++.so.6": "644 adea8124593d",
        "usr/local": "755 directory",
        "usr/local/bin": "755 directory",
        "usr/local/bin/node": "755 dbc0b13481a4",
      }
    `);
    const original = await readFile(join(bentoDirectory, "models/iris/v1/model.onnx"));
    expect(await readFile(join(bundle, "rootfs/app/models/iris/v1/model.onnx"))).toEqual(original);
  });
});
