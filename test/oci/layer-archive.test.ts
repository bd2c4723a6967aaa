import { gzipSync, zstdCompressSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { collect, streamOf } from "../../oci/chunks.ts";
import { layerArchive } from "../../oci/layer-archive.ts";
import { OCI_LAYER } from "../../oci/media-type.ts";

const DOCKER_LAYER = "application/vnd.docker.image.rootfs.diff.tar";
const archive = Buffer.from("an archive");

describe("layerArchive", () => {
  it.each<[string, Uint8Array]>([
    [OCI_LAYER, archive],
    [`${OCI_LAYER}+gzip`, gzipSync(archive)],
    [`${OCI_LAYER}+zstd`, zstdCompressSync(archive)],
    [DOCKER_LAYER, archive],
    [`${DOCKER_LAYER}.gzip`, gzipSync(archive)],
    [`${DOCKER_LAYER}.zstd`, zstdCompressSync(archive)],
  ])("opens %s", async (mediaType, bytes) => {
    expect(await collect(layerArchive(streamOf(bytes), mediaType), 100, "test")).toEqual(archive);
  });

  it("fails on bytes that are not what the media type says", async () => {
    const opened = layerArchive(streamOf(gzipSync(archive)), `${OCI_LAYER}+zstd`);
    await expect(collect(opened, 100, "test")).rejects.toThrow("Unknown frame descriptor");
  });

  it("refuses what is no layer", () => {
    expect(() => layerArchive(streamOf(archive), "text/plain")).toThrow(
      expect.objectContaining({ code: "BENTO_UNSUPPORTED" }),
    );
  });
});
