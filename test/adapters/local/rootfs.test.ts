import { readdir, readFile, rm, stat, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { EngineContext } from "../../../adapters/local/engine.ts";
import { localImage } from "../../../adapters/local/local-image.ts";
import { rootfsOf, sweepRootfs } from "../../../adapters/local/rootfs.ts";
import { type Digest, digestOf } from "../../../core/digest.ts";
import { homeImages } from "../../../oci/home-images.ts";
import { composeImage, writeImage } from "../../../oci/image.ts";
import { buildLayer } from "../../../oci/layer.ts";
import { createLayout } from "../../../oci/layout.ts";
import { tarFile } from "../../../oci/tar-entry.ts";
import { tempDir } from "../../support/temp-dir.ts";

const OWN = process.arch === "arm64" ? "linux/arm64" : "linux/amd64";
const OTHER = process.arch === "arm64" ? "linux/amd64" : "linux/arm64";

function contextIn(home: string): EngineContext {
  return { home, name: "iris", environment: "prod", ambient: {}, onProgress: () => {} };
}

async function addImage(home: string, platform: typeof OWN | typeof OTHER = OWN): Promise<Digest> {
  const layout = await createLayout(homeImages(home));
  const entries = [tarFile("app/main.js", "1"), tarFile("etc/hosts", "own")];
  const layer = await buildLayer({ entries, compression: "gzip", sink: layout });
  const image = composeImage({
    platform,
    layers: [{ title: "all", ...layer }],
    start: {
      ...{ entrypoint: ["/node"], workingDirectory: "/app", user: "1:1" },
      ...{ env: {}, labels: {}, ports: [] },
    },
  });
  await writeImage(layout, image);
  return image.descriptor.digest;
}

const bento = { tag: "iris:v1", digest: digestOf("iris") };

describe("rootfsOf", () => {
  it("unpacks an image once, with places for what is mounted over it", async () => {
    await using dir = await tempDir();
    const context = contextIn(dir.path);
    const image = await localImage({ image: await addImage(dir.path), bento }, context);
    const [root, same] = await Promise.all([rootfsOf(image, context), rootfsOf(image, context)]);
    expect(same).toBe(root);
    expect(await readdir(join(dir.path, "rootfs"))).toEqual([image.descriptor.digest.slice(7)]);
    expect((await readdir(root)).sort()).toEqual(["app", "dev", "etc", "proc", "tmp"]);
    expect(await readFile(join(root, "etc/hosts"), "utf8")).toBe("own");
    expect(await readFile(join(root, "etc/resolv.conf"), "utf8")).toBe("");
    await rm(homeImages(dir.path), { recursive: true });
    expect(await rootfsOf(image, context)).toBe(root);
  });

  it("leaves nothing behind when the image is damaged", async () => {
    await using dir = await tempDir();
    const context = contextIn(dir.path);
    const image = await localImage({ image: await addImage(dir.path), bento }, context);
    const [layer] = image.manifest.layers;
    const blob = join(homeImages(dir.path), "blobs/sha256", layer?.digest.slice(7) ?? "");
    await writeFile(blob, Buffer.alloc(layer?.size ?? 0));
    await expect(rootfsOf(image, context)).rejects.toMatchObject({ code: "BENTO_INTEGRITY" });
    expect(await readdir(join(dir.path, "rootfs"))).toEqual([]);
  });
});

describe("sweepRootfs", () => {
  it("removes what nothing uses and nobody touched for a day", async () => {
    await using dir = await tempDir();
    const context = contextIn(dir.path);
    const image = await localImage({ image: await addImage(dir.path), bento }, context);
    const root = await rootfsOf(image, context);
    const { digest } = image.descriptor;
    const { mtimeMs } = await stat(root);
    const nextDay = mtimeMs + 25 * 60 * 60 * 1000;
    const isThere = async () => (await stat(root).catch(() => undefined)) !== undefined;
    await sweepRootfs(context, new Set([digest]), nextDay);
    await sweepRootfs(context, new Set(), mtimeMs + 1000);
    expect(await isThere()).toBe(true);
    await utimes(root, new Date(nextDay), new Date(nextDay));
    await sweepRootfs(context, new Set(), nextDay);
    expect(await isThere()).toBe(true);
    await sweepRootfs(context, new Set(), nextDay * 2);
    expect(await readdir(join(dir.path, "rootfs"))).toEqual([]);
  });
});

describe("localImage", () => {
  it("misses an image that is not there, and refuses one for another machine", async () => {
    await using dir = await tempDir();
    const context = contextIn(dir.path);
    const other = await addImage(dir.path, OTHER);
    await expect(localImage({ image: digestOf("x"), bento }, context)).rejects.toMatchObject({
      code: "BENTO_NOT_FOUND",
      message: `the image ${digestOf("x")} is not there`,
      hint: "make it again: bento containerize iris:v1",
    });
    await expect(localImage({ image: other, bento }, context)).rejects.toMatchObject({
      code: "BENTO_UNSUPPORTED",
      exitCode: 2,
      hint: `make one for this machine: bento containerize iris:v1 --platform ${OWN}`,
    });
  });
});
