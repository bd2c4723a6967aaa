import { execFileSync } from "node:child_process";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { digestOf } from "../../core/digest.ts";
import { writeArchive } from "../../oci/archive.ts";
import { composeImage, EPOCH, type StartConfig, writeImage } from "../../oci/image.ts";
import { inspectImage } from "../../oci/inspect-image.ts";
import { buildLayer } from "../../oci/layer.ts";
import { createLayout, type OciLayout } from "../../oci/layout.ts";
import type { ImageConfig, ImageManifest } from "../../oci/manifest.ts";
import { DOCKER_MANIFEST, OCI_INDEX } from "../../oci/media-type.ts";
import { tarFile } from "../../oci/tar-entry.ts";
import { tempDir } from "../support/temp-dir.ts";

const start: StartConfig = {
  entrypoint: ["/bin/app"],
  workingDirectory: "/",
  user: "65532:65532",
  env: { B: "2", A: "1=1" },
  labels: { z: "1", a: "2" },
  ports: [3000],
};

const dockerLayer = "application/vnd.docker.image.rootfs.diff.tar.gzip";
const dockerBase = (mediaType: string, history: ImageConfig["history"]) => ({
  manifest: {
    schemaVersion: 2,
    mediaType: DOCKER_MANIFEST,
    config: {
      mediaType: "application/vnd.docker.container.image.v1+json",
      digest: digestOf("c"),
      size: 1,
    },
    layers: [{ mediaType, digest: digestOf("l"), size: 1 }],
  } satisfies ImageManifest,
  config: {
    architecture: "amd64",
    os: "linux",
    config: {
      Env: ["PATH=/nodejs/bin", "A=base"],
      Cmd: ["sh"],
      Labels: { base: "yes" },
      User: "root",
    },
    rootfs: { type: "layers", diff_ids: [digestOf("d")] },
    history,
  } satisfies ImageConfig,
});

async function sampleImage(layout: OciLayout, name?: string) {
  const entries = [tarFile("bin/app", "#!")];
  const layer = await buildLayer({ entries, compression: "gzip", sink: layout });
  const layers = [{ title: "app", ...layer }];
  const image = composeImage({ platform: "linux/amd64", layers, start });
  await writeImage(layout, image, name);
  return image;
}

describe("composeImage", () => {
  it("writes OCI's types over a Docker base and drops the base's command", () => {
    const history = [{ created_by: "FROM scratch" }, { created_by: "ENV A", empty_layer: true }];
    const base = dockerBase(dockerLayer, history);
    const { manifest, config } = composeImage({ platform: "linux/amd64", base, layers: [], start });
    expect({ layers: manifest.layers, config }).toMatchInlineSnapshot(`
      {
        "config": {
          "architecture": "amd64",
          "config": {
            "Entrypoint": [
              "/bin/app",
            ],
            "Env": [
              "A=1=1",
              "B=2",
              "PATH=/nodejs/bin",
            ],
            "ExposedPorts": {
              "3000/tcp": {},
            },
            "Labels": {
              "a": "2",
              "base": "yes",
              "z": "1",
            },
            "User": "65532:65532",
            "WorkingDir": "/",
          },
          "created": "1970-01-01T00:00:00Z",
          "history": [
            {
              "created_by": "FROM scratch",
            },
            {
              "created_by": "ENV A",
              "empty_layer": true,
            },
          ],
          "os": "linux",
          "rootfs": {
            "diff_ids": [
              "sha256:18ac3e7343f016890c510e93f935261169d9e3f565436429830faf0934f4f8e4",
            ],
            "type": "layers",
          },
        },
        "layers": [
          {
            "annotations": {
              "org.opencontainers.image.title": "base",
            },
            "digest": "sha256:acac86c0e609ca906f632b0e2dacccb2b77d22b0621f20ebece1a4835b93f6f0",
            "mediaType": "application/vnd.oci.image.layer.v1.tar+gzip",
            "size": 1,
          },
        ],
      }
    `);
  });

  it.each([
    ["none", null],
    ["too few entries", []],
    ["too many entries", [{}, {}]],
  ])("makes up a history for a base that has %s", (_name, history) => {
    const base = dockerBase(dockerLayer, history);
    const { config } = composeImage({ platform: "linux/amd64", base, layers: [], start });
    expect(config.history).toEqual([{ created: EPOCH, created_by: "base" }]);
  });

  it("refuses layers that may not be copied", () => {
    const foreign = "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip";
    const base = dockerBase(foreign, []);
    expect(() => composeImage({ platform: "linux/amd64", base, layers: [], start })).toThrow(
      expect.objectContaining({
        code: "BENTO_UNSUPPORTED",
        message: `not a layer that can be copied: ${foreign}`,
      }),
    );
  });
});

describe("inspectImage", () => {
  it("reads back what was written", async () => {
    await using dir = await tempDir();
    const layout = await createLayout(dir.path);
    const image = await sampleImage(layout);
    expect(await inspectImage(layout)).toEqual({
      ...image,
      layers: [
        {
          title: "app",
          digest: image.manifest.layers[0]?.digest,
          size: image.manifest.layers[0]?.size,
          uncompressedBytes: 2560,
        },
      ],
    });
  });

  it("reads an image that stands there under several names", async () => {
    await using dir = await tempDir();
    const layout = await createLayout(dir.path);
    const { descriptor } = await sampleImage(layout, "one");
    await sampleImage(layout, "two");
    const { digest } = descriptor;
    expect((await inspectImage(layout, { digest })).descriptor.digest).toBe(digest);
    expect((await inspectImage(layout)).descriptor.digest).toBe(digest);
  });

  it("finds the image of a platform within an index", async () => {
    await using dir = await tempDir();
    const layout = await createLayout(dir.path);
    const { descriptor } = await sampleImage(layout, "amd64");
    const other = { os: "linux", architecture: "arm64" };
    const manifests = [{ ...descriptor, digest: digestOf("x"), platform: other }, descriptor];
    const index = await layout.writeDocument({ schemaVersion: 2, manifests }, OCI_INDEX);
    await layout.setImage(index, "all");
    const found = await inspectImage(layout, { name: "all", platform: "linux/amd64" });
    expect(found.descriptor.digest).toBe(descriptor.digest);
  });

  it.each([
    [{}, "expected one image in the layout, got 2"],
    [{ name: "three" }, 'expected "three" in the layout, got 0'],
  ])("names what is there when %j fits none or several", async (options, message) => {
    await using dir = await tempDir();
    const layout = await createLayout(dir.path);
    await sampleImage(layout, "one");
    await layout.setImage({ mediaType: OCI_INDEX, digest: digestOf("other"), size: 1 }, "two");
    await expect(inspectImage(layout, options)).rejects.toThrow(
      expect.objectContaining({ code: "BENTO_NOT_FOUND", message, hint: "it holds one, two" }),
    );
  });
});

describe("writeArchive", () => {
  it.each(["oci-archive", "docker-archive"] as const)("writes the same %s twice", async (kind) => {
    await using dir = await tempDir();
    const layout = await createLayout(join(dir.path, "image"));
    const { descriptor } = await sampleImage(layout);
    const files = ["one.tar", "two.tar"].map((name) => join(dir.path, name));
    for (const file of files) {
      await writeArchive({ layout, image: descriptor, kind, file, name: "iris:v1" });
    }
    const [one, two] = await Promise.all(files.map((file) => readFile(file)));
    expect(two && one?.equals(two)).toBe(true);
    const list = execFileSync("tar", ["-tf", files[0] ?? ""], { encoding: "utf8" }).split("\n");
    expect(list.filter((path) => !/\/[0-9a-f]{64}$/.test(path))).toEqual([
      "blobs/",
      "blobs/sha256/",
      "index.json",
      ...(kind === "docker-archive" ? ["manifest.json"] : []),
      "oci-layout",
      "",
    ]);
  });

  it("says where it cannot write, and leaves nothing", async () => {
    await using dir = await tempDir();
    const layout = await createLayout(dir.path);
    const { descriptor } = await sampleImage(layout);
    const file = join(dir.path, "absent", "image.tar");
    await expect(
      writeArchive({ layout, image: descriptor, kind: "oci-archive", file }),
    ).rejects.toThrow(expect.objectContaining({ code: "BENTO_IO", where: file }));
    expect((await readdir(dir.path)).sort()).toEqual(["blobs", "index.json", "oci-layout"]);
  });
});
