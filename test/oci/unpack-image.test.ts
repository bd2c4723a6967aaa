import { createHash } from "node:crypto";
import { mkdir, readdir, readFile, readlink, stat } from "node:fs/promises";
import { join } from "node:path";
import { zstdCompressSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import type { Digest } from "../../core/digest.ts";
import { streamOf } from "../../oci/chunks.ts";
import { gzip } from "../../oci/gzip.ts";
import { createLayout } from "../../oci/layout.ts";
import type { Descriptor } from "../../oci/manifest.ts";
import { OCI_CONFIG, OCI_LAYER, OCI_LAYER_GZIP } from "../../oci/media-type.ts";
import { type TarEntry, tarFile } from "../../oci/tar-entry.ts";
import { paddingOf, tarHeader } from "../../oci/tar-header.ts";
import { unpackImage } from "../../oci/unpack-image.ts";
import { tempDir } from "../support/temp-dir.ts";

type Entry =
  | TarEntry
  | { readonly kind: "hardlink"; readonly path: string; readonly target: string };

/** An archive of the entries as they are: in their order, without parents, with whatever names. */
function archive(entries: readonly Entry[]): Buffer {
  const blocks = entries.flatMap((entry) => {
    if (entry.kind !== "file") {
      return [entry.kind === "hardlink" ? hardlink(entry) : tarHeader(entry)];
    }
    const content = entry.content as Buffer;
    return [tarHeader(entry), content, Buffer.alloc(paddingOf(content.length))];
  });
  return Buffer.concat([...blocks, Buffer.alloc(1024)]);
}

function hardlink({ path, target }: { path: string; target: string }): Buffer {
  const block = tarHeader({ kind: "symlink", path, target });
  block.write("1", 156);
  block.write(" ".repeat(8), 148);
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148);
  return block;
}

interface Changes {
  readonly mediaType?: string;
  readonly compress?: (bytes: Buffer) => AsyncIterable<Uint8Array>;
  readonly diffId?: Digest;
}

/** Unpacks layers and returns what is there. */
async function unpack(path: string, layers: readonly (readonly Entry[])[], changes: Changes = {}) {
  const layout = await createLayout(join(path, "layout"));
  const descriptors: Descriptor[] = [];
  const diffIds: Digest[] = [];
  for (const entries of layers) {
    const bytes = archive(entries);
    diffIds.push(changes.diffId ?? `sha256:${createHash("sha256").update(bytes).digest("hex")}`);
    const compress = changes.compress ?? ((raw: Buffer) => gzip(streamOf(raw), "gzip"));
    const blob = await layout.writeBlob(compress(bytes));
    descriptors.push({ mediaType: changes.mediaType ?? OCI_LAYER_GZIP, ...blob });
  }
  const directory = join(path, "root");
  await mkdir(directory);
  const config = await layout.writeDocument({}, OCI_CONFIG);
  await unpackImage({
    layout,
    directory,
    image: {
      manifest: { schemaVersion: 2, config, layers: descriptors },
      config: {
        architecture: "amd64",
        os: "linux",
        rootfs: { type: "layers", diff_ids: diffIds },
      },
    },
  });
  return await tree(directory);
}

async function tree(root: string): Promise<Record<string, string>> {
  const found = await readdir(root, { recursive: true, withFileTypes: true });
  const lines = found.map(async (item): Promise<[string, string]> => {
    const path = join(item.parentPath, item.name);
    const name = path.slice(root.length + 1);
    if (item.isSymbolicLink()) {
      return [name, `-> ${await readlink(path)}`];
    }
    const mode = ((await stat(path)).mode & 0o7777).toString(8);
    return [name, item.isFile() ? `${mode} ${await readFile(path, "utf8")}` : mode];
  });
  return Object.fromEntries((await Promise.all(lines)).sort());
}

const dir = (path: string): Entry => ({ kind: "directory", path });
const ln = (path: string, target: string): Entry => ({ kind: "symlink", path, target });
const hard = (path: string, target: string): Entry => ({ kind: "hardlink", path, target });

describe("unpackImage", () => {
  it("lays layer over layer, with what they mark as deleted taken away", async () => {
    await using temp = await tempDir();
    const found = await unpack(temp.path, [
      [
        { kind: "directory", path: "tmp", shared: true } as const,
        dir("a"),
        tarFile("a/one", "1"),
        tarFile("a/two", "2"),
        { ...tarFile("a/run", "run"), executable: true },
        tarFile("gone/deep/file", "x"),
        tarFile("opaque/old", "x"),
        tarFile("opaque/kept/old", "x"),
        tarFile("folder/inside", "x"),
      ],
      [
        tarFile("a/two", "two"),
        tarFile("a/.wh.one", ""),
        tarFile(".wh.gone", ""),
        tarFile("opaque/new", "n"),
        tarFile("opaque/kept/new", "n"),
        tarFile("opaque/.wh..wh..opq", ""),
        tarFile("folder", "file"),
        tarFile("a/.wh.never-there", ""),
      ],
    ]);
    expect(found).toEqual({
      a: "755",
      "a/run": "755 run",
      "a/two": "644 two",
      folder: "644 file",
      opaque: "755",
      "opaque/kept": "755",
      "opaque/kept/new": "644 n",
      "opaque/new": "644 n",
      tmp: "1777",
    });
  });

  it("takes nothing away that the same layer puts there", async () => {
    await using temp = await tempDir();
    const found = await unpack(temp.path, [
      [tarFile("a", "old")],
      [tarFile("a", "new"), tarFile(".wh.a", ""), tarFile(".wh..wh..opq", "")],
    ]);
    expect(found).toEqual({ a: "644 new" });
  });

  it("follows a base's links within the root, wherever they point", async () => {
    await using temp = await tempDir();
    const found = await unpack(temp.path, [
      [dir("usr/lib"), ln("lib", "usr/lib"), ln("abs", "/usr"), ln("up", "../../../usr/lib")],
      [tarFile("lib/one", "1"), tarFile("abs/two", "2"), tarFile("up/three", "3")],
      [tarFile("lib/.wh.one", "")],
    ]);
    expect(found).toEqual({
      abs: "-> /usr",
      lib: "-> usr/lib",
      up: "-> ../../../usr/lib",
      usr: "755",
      "usr/lib": "755",
      "usr/lib/three": "644 3",
      "usr/two": "644 2",
    });
  });

  it("writes nothing through a link that leaves the root", async () => {
    await using temp = await tempDir();
    const outside = join(temp.path, "outside");
    await mkdir(outside);
    await unpack(temp.path, [
      [ln("evil", outside), ln("file", join(outside, "file"))],
      [tarFile("evil/file", "x"), tarFile("file", "x"), hard("again", "evil/file")],
    ]);
    expect(await readdir(outside)).toEqual([]);
    expect(await tree(join(temp.path, "root"))).toMatchObject({
      again: "644 x",
      file: "644 x",
      evil: `-> ${outside}`,
    });
  });

  it("keeps hard links, also to a file of a lower layer", async () => {
    await using temp = await tempDir();
    await unpack(temp.path, [[tarFile("one", "1")], [hard("two", "one"), tarFile("one", "new")]]);
    const root = join(temp.path, "root");
    expect(await tree(root)).toEqual({ one: "644 new", two: "644 1" });
  });

  it("reads layers that are plain or zstd too", async () => {
    const kinds: readonly (readonly [string, (raw: Buffer) => Uint8Array])[] = [
      [OCI_LAYER, (raw) => raw],
      [`${OCI_LAYER}+zstd`, zstdCompressSync],
    ];
    for (const [mediaType, compressed] of kinds) {
      await using temp = await tempDir();
      const compress = (raw: Buffer) => streamOf(compressed(raw));
      const found = await unpack(temp.path, [[tarFile("a", "x")]], { mediaType, compress });
      expect(found).toEqual({ a: "644 x" });
    }
  });

  it.each<[string, readonly Entry[][], string, string]>([
    [
      "below a file",
      [[tarFile("a", "")], [tarFile("a/b", "")]],
      "BENTO_REFUSED",
      '"a" is below a file',
    ],
    [
      "below links in a circle",
      [[ln("a", "b"), ln("b", "a")], [tarFile("a/c", "")]],
      "BENTO_REFUSED",
      '"a" is below links without end',
    ],
    [
      "linked to nothing",
      [[hard("a", "etc/shadow")]],
      "BENTO_REFUSED",
      '"a" is a hard link to "etc/shadow", which is no file there',
    ],
    [
      "a mark without a name",
      [[tarFile("a/.wh.", "")]],
      "BENTO_REFUSED",
      '"a/.wh." marks nothing as deleted',
    ],
    [
      "a mark of the parent",
      [[tarFile("a/.wh...", "")]],
      "BENTO_REFUSED",
      '"a/.wh..." marks nothing as deleted',
    ],
    [
      "outside",
      [[tarFile("../a", "")]],
      "BENTO_REFUSED",
      '"../a" is a path that leaves the archive',
    ],
  ])("refuses an entry that is %s", async (_what, layers, code, message) => {
    await using temp = await tempDir();
    await expect(unpack(temp.path, layers)).rejects.toThrow(
      expect.objectContaining({ code, message }),
    );
  });

  it("refuses an archive that the config does not name", async () => {
    await using temp = await tempDir();
    const diffId: Digest = `sha256:${"0".repeat(64)}`;
    await expect(unpack(temp.path, [[tarFile("a", "x")]], { diffId })).rejects.toMatchObject({
      code: "BENTO_INTEGRITY",
      message: expect.stringMatching(/^the archive of layer 1 is sha256:/),
      hint: `the image's config names ${diffId}; make or pull the image again`,
    });
  });
});
