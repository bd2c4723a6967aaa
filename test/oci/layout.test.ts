import { readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { digestOf } from "../../core/digest.ts";
import { collect, streamOf } from "../../oci/chunks.ts";
import { buildLayer } from "../../oci/layer.ts";
import { blobPath, createLayout, openLayout } from "../../oci/layout.ts";
import { OCI_LAYER_GZIP, OCI_MANIFEST } from "../../oci/media-type.ts";
import { type TarEntry, tarFile } from "../../oci/tar-entry.ts";
import { tempDir } from "../support/temp-dir.ts";

const hello = Buffer.from("hello");
const blob = { digest: digestOf(hello), size: 5 };

describe("createLayout", () => {
  it("makes the three parts of the specification", async () => {
    await using dir = await tempDir();
    await createLayout(dir.path);
    expect((await readdir(dir.path)).sort()).toEqual(["blobs", "index.json", "oci-layout"]);
    expect(JSON.parse(await readFile(join(dir.path, "oci-layout"), "utf8"))).toEqual({
      imageLayoutVersion: "1.0.0",
    });
  });

  it("keeps the images that are there", async () => {
    await using dir = await tempDir();
    const image = { mediaType: OCI_MANIFEST, ...blob };
    await (await createLayout(dir.path)).setImage(image);
    expect(await (await createLayout(dir.path)).images()).toEqual([image]);
  });

  it("leaves an index.json of somebody else alone", async () => {
    await using dir = await tempDir();
    const file = join(dir.path, "index.json");
    await writeFile(file, "{}");
    await expect(createLayout(dir.path)).rejects.toThrow(
      expect.objectContaining({
        code: "BENTO_CONFLICT",
        message: "there is an index.json that is no image layout's",
        where: dir.path,
        hint: "name another directory, or move that file away",
      }),
    );
    expect(await readdir(dir.path)).toEqual(["index.json"]);
    expect(await readFile(file, "utf8")).toBe("{}");
  });

  it("goes on where a maker was killed before its marker", async () => {
    await using dir = await tempDir();
    await createLayout(dir.path);
    await rm(join(dir.path, "oci-layout"));
    await expect(createLayout(dir.path)).resolves.toMatchObject({ directory: dir.path });
  });

  it("says where it cannot write", async () => {
    await using dir = await tempDir();
    const file = join(dir.path, "file");
    await writeFile(file, "");
    await expect(createLayout(file)).rejects.toThrow(
      expect.objectContaining({
        code: "BENTO_IO",
        message: "cannot write an image layout",
        where: file,
        hint: "name a directory that can be written and has space",
      }),
    );
  });
});

describe("openLayout", () => {
  it("refuses a directory that is none", async () => {
    await using dir = await tempDir();
    await expect(openLayout(dir.path)).rejects.toThrow(
      expect.objectContaining({
        code: "BENTO_NOT_FOUND",
        message: `no image layout in ${JSON.stringify(dir.path)}`,
        hint: "name a directory with the files oci-layout and index.json",
      }),
    );
  });
});

describe("OciLayout", () => {
  it("keeps a blob under its digest and reads it back", async () => {
    await using dir = await tempDir();
    const layout = await createLayout(dir.path);
    expect(await layout.hasBlob(blob)).toBe(false);
    expect(await layout.writeBlob(streamOf(hello))).toEqual(blob);
    expect(await layout.writeBlob(streamOf(hello))).toEqual(blob);
    expect(await layout.hasBlob(blob)).toBe(true);
    expect(await collect(layout.readBlob(blob), 10, "test")).toEqual(hello);
  });

  it("replaces a blob of another length, which a crash may have left", async () => {
    await using dir = await tempDir();
    const layout = await createLayout(dir.path);
    await writeFile(join(dir.path, blobPath(blob.digest)), "he");
    await layout.writeBlob(streamOf(hello));
    expect(await collect(layout.readBlob(blob), 10, "test")).toEqual(hello);
  });

  it("sees and replaces a damaged blob of the right length", async () => {
    await using dir = await tempDir();
    const layout = await createLayout(dir.path);
    await layout.writeBlob(streamOf(hello));
    const path = join(dir.path, blobPath(blob.digest));
    await writeFile(path, "jello");
    expect(await layout.hasBlob(blob)).toBe(false);
    await layout.writeBlob(streamOf(hello));
    expect(await layout.hasBlob(blob)).toBe(true);
    expect(await readFile(path, "utf8")).toBe("hello");
  });

  it("leaves nothing when the source fails or the signal aborts", async () => {
    await using dir = await tempDir();
    const layout = await createLayout(dir.path);
    async function* broken(): AsyncGenerator<Uint8Array> {
      yield hello;
      throw new Error("disk gone");
    }
    const signal = AbortSignal.abort();
    await expect(layout.writeBlob(broken())).rejects.toThrow("disk gone");
    await expect(layout.writeBlob(streamOf(hello), { signal })).rejects.toThrow("abort");
    expect(await readdir(join(dir.path, "blobs", "sha256"))).toEqual([]);
  });

  it.each([
    ["other", "expected 5 bytes, got 4", "hell"],
    ["more", "expected 5 bytes, got more", "hello!"],
    ["changed", `expected ${blob.digest}, got ${digestOf("hullo")}`, "hullo"],
  ])("fails to read %s bytes than it has the digest of", async (_name, message, bytes) => {
    await using dir = await tempDir();
    const layout = await createLayout(dir.path);
    const file = join(dir.path, blobPath(blob.digest));
    await writeFile(file, bytes);
    await expect(collect(layout.readBlob(blob), 10, "test")).rejects.toThrow(
      expect.objectContaining({ code: "BENTO_INTEGRITY", message, where: file }),
    );
  });

  it("names a blob that is not there", async () => {
    await using dir = await tempDir();
    const layout = await createLayout(dir.path);
    await expect(layout.readDocument(blob)).rejects.toThrow(
      expect.objectContaining({
        code: "BENTO_NOT_FOUND",
        where: join(dir.path, blobPath(blob.digest)),
      }),
    );
  });

  it("refuses a document that is no JSON or longer than a registry takes", async () => {
    await using dir = await tempDir();
    const layout = await createLayout(dir.path);
    await layout.writeBlob(streamOf(hello));
    await expect(layout.readDocument(blob)).rejects.toThrow("not a JSON document");
    const huge = await layout.writeBlob(streamOf(Buffer.alloc(4 * 1024 * 1024 + 1)));
    await expect(layout.readDocument(huge)).rejects.toThrow("more than 4194304 bytes");
  });
});

describe("buildLayer", () => {
  const size = 300_000;
  const entries: TarEntry[] = [
    tarFile("app/a", "a"),
    { kind: "file", path: "app/w", size, content: () => streamOf(Buffer.alloc(size, 7)) },
  ];

  it.each([
    ["stored", "sha256:2eb468b0a909f7d38a7a92b24bd0474a78a3c7c6b55c5c7e06d81ab5173d0d72", 303_152],
    ["gzip", "sha256:d983b580c60d4380067e735711dfbfdc6c5cefd3fa2466d58d67eea7fcf5ecf4", 438],
  ] as const)("gives a %s layer its pinned digest", async (compression, digest, blobBytes) => {
    await using dir = await tempDir();
    const layout = await createLayout(dir.path);
    const layer = await buildLayer({ entries, compression, sink: layout });
    expect(await layout.hasBlob(layer.descriptor)).toBe(true);
    expect(layer).toEqual({
      descriptor: { mediaType: OCI_LAYER_GZIP, digest, size: blobBytes },
      diffId: "sha256:b4d13030aa01171e1a7e7b6cbae95a9d566a8a9a6d40d941e0c266b9ae39ff4f",
      uncompressedBytes: 303_104,
    });
  });

  it("has one diff_id for both compressions", async () => {
    await using dir = await tempDir();
    const sink = await createLayout(dir.path);
    const stored = await buildLayer({ entries, compression: "stored", sink });
    const gzip = await buildLayer({ entries, compression: "gzip", sink });
    expect(stored.diffId).toBe(gzip.diffId);
    expect(stored.descriptor.digest).not.toBe(gzip.descriptor.digest);
  });

  it("passes a long file on in pieces of about a megabyte, never whole", async () => {
    const piece = Buffer.alloc(1024 * 1024);
    const long = 64 * piece.length;
    async function* content() {
      for (let at = 0; at < long; at += piece.length) {
        yield piece;
      }
    }
    const lengths: number[] = [];
    const sink = {
      async writeBlob(source: AsyncIterable<Uint8Array>) {
        for await (const chunk of source) {
          lengths.push(chunk.length);
        }
        return blob;
      },
    };
    const file: TarEntry = { kind: "file", path: "app/w", size: long, content };
    await buildLayer({ entries: [file], compression: "stored", sink });
    expect(lengths.length).toBeGreaterThan(60);
    expect(Math.max(...lengths)).toBeLessThan(1.1 * piece.length);
  });
});
