import { execFileSync } from "node:child_process";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { archiveBytes, writeArchive } from "../../oci/archive.ts";
import { collect } from "../../oci/chunks.ts";
import { composeImage, writeImage } from "../../oci/image.ts";
import { buildLayer } from "../../oci/layer.ts";
import { createLayout } from "../../oci/layout.ts";
import { tarFile } from "../../oci/tar-entry.ts";
import { podmanSettings } from "../support/image-stand.ts";
import { tempDir } from "../support/temp-dir.ts";
import { skipWithout } from "../support/tools.ts";

async function smallImage(directory: string) {
  const layout = await createLayout(join(directory, "layout"));
  const entries = [tarFile("hello", "world")];
  const layer = await buildLayer({ entries, compression: "gzip", sink: layout });
  const { descriptor, ...image } = composeImage({
    platform: "linux/amd64",
    layers: [{ title: "all", ...layer }],
    start: {
      ...{ entrypoint: ["/hello"], workingDirectory: "/", user: "1:1" },
      ...{ env: {}, labels: {}, ports: [] },
    },
  });
  await writeImage(layout, { descriptor, ...image });
  return { layout, image: descriptor, ...image };
}

describe("writeArchive", () => {
  it.each<[string | undefined, string[]]>([
    ["iris:v1", ["iris:v1"]],
    ["team/iris", ["team/iris:latest"]],
    ["localhost:5000/iris", ["localhost:5000/iris:latest"]],
    [`iris:v1@sha256:${"0".repeat(64)}`, ["iris:v1"]],
    ["a..b:v1", []],
    [undefined, []],
  ])("gives an image the name %j that docker load takes", async (name, tags) => {
    await using dir = await tempDir();
    const { layout, image, manifest } = await smallImage(dir.path);
    const file = join(dir.path, "image.tar");
    await writeArchive({ layout, image, kind: "docker-archive", file, name });
    const text = execFileSync("tar", ["-xOf", file, "manifest.json"], { encoding: "utf8" });
    const blob = (digest: string) => `blobs/sha256/${digest.slice("sha256:".length)}`;
    expect(JSON.parse(text)).toEqual([
      {
        Config: blob(manifest.config.digest),
        Layers: manifest.layers.map(({ digest }) => blob(digest)),
        RepoTags: tags,
      },
    ]);
    const bytes = await archiveBytes({ layout, image, kind: "docker-archive", name });
    expect(await collect(bytes, 1e6, "archive")).toEqual(await readFile(file));
  });

  it.skipIf(skipWithout("podman"))("writes what podman loads, of either kind", async () => {
    await using dir = await tempDir();
    const { layout, image, manifest } = await smallImage(dir.path);
    const env = { ...process.env, ...(await podmanSettings(join(dir.path, "podman"))) };
    const podman = (...args: string[]) => execFileSync("podman", args, { env, encoding: "utf8" });
    for (const kind of ["oci-archive", "docker-archive"] as const) {
      const file = join(dir.path, `${kind}.tar`);
      await writeArchive({ layout, image, kind, file, name: "localhost/small:v1" });
      podman("load", "--quiet", "--input", file);
      const id = podman("image", "inspect", "--format", "{{.Id}}", "localhost/small:v1").trim();
      expect(`sha256:${id}`).toBe(manifest.config.digest);
      podman("image", "rm", "localhost/small:v1");
    }
  });
});
