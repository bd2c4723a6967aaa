import { mkdir, readdir, rm, stat, truncate, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { streamOf } from "../../oci/chunks.ts";
import { diskFile } from "../../oci/directory-entries.ts";
import { fileStamps } from "../../oci/file-stamps.ts";
import { layerKey, openLayerCache } from "../../oci/layer-cache.ts";
import { blobPath, createLayout } from "../../oci/layout.ts";
import { sweepLeftovers } from "../../oci/leftovers.ts";
import { type TarEntry, tarFile } from "../../oci/tar-entry.ts";
import { tempDir } from "../support/temp-dir.ts";

const REFERENCE = { id: "zlib-chromium-1", isReference: true };
const DAY_MS = 24 * 60 * 60 * 1000;
const size = 200_000;

/** One file of fixed content that counts how often it is opened. */
function counted(known: { readonly identity?: string } = { identity: "v1" }) {
  const opened = { times: 0 };
  const content = () => {
    opened.times += 1;
    return streamOf(Buffer.alloc(size, 7));
  };
  const entries: TarEntry[] = [{ kind: "file", path: "app/w", size, content, ...known }];
  return { opened, entries };
}

async function open(directory: string, now?: () => number) {
  const stamps = fileStamps(join(directory, "stamps"));
  const cacheDirectory = join(directory, "layers");
  const clock = now === undefined ? {} : { now };
  const cache = await openLayerCache({ directory: cacheDirectory, stamps, ...clock });
  const layout = async (name: string) => createLayout(join(directory, name), { stamps });
  return { cache, layout };
}

describe("LayerCache", () => {
  it("never reads an unchanged layer again, and shares its blob", async () => {
    await using dir = await tempDir();
    const { opened, entries } = counted();
    const first = await open(dir.path);
    const one = await first.layout("one");
    const built = await first.cache.build({ entries, compression: "stored", sink: one });
    const second = await open(dir.path);
    const two = await second.layout("two");
    const taken = await second.cache.build({ entries, compression: "stored", sink: two });
    expect([built.isCached, taken.isCached, opened.times]).toEqual([false, true, 1]);
    expect({ ...taken, isCached: false }).toEqual(built);
    const path = blobPath(built.descriptor.digest);
    const inodes = ["one", "two", "layers"].map(
      async (name) => (await stat(join(dir.path, name, path))).ino,
    );
    expect(new Set(await Promise.all(inodes)).size).toBe(1);
    expect(await two.hasBlob(built.descriptor)).toBe(true);
  });

  it("gives the bytes that buildLayer gives", async () => {
    await using dir = await tempDir();
    const { cache, layout } = await open(dir.path);
    const entries: TarEntry[] = [
      tarFile("app/a", "a"),
      {
        kind: "file",
        path: "app/w",
        size: 300_000,
        content: () => streamOf(Buffer.alloc(300_000, 7)),
      },
    ];
    const built = await cache.build({ entries, compression: "gzip", sink: await layout("one") });
    expect(built.descriptor.digest).toBe(
      "sha256:d983b580c60d4380067e735711dfbfdc6c5cefd3fa2466d58d67eea7fcf5ecf4",
    );
  });

  it("builds a layer each time when a file has no identity", async () => {
    await using dir = await tempDir();
    const { cache, layout } = await open(dir.path);
    const { opened, entries } = counted({});
    const sink = await layout("one");
    await cache.build({ entries, compression: "stored", sink });
    await cache.build({ entries, compression: "stored", sink });
    expect(opened.times).toBe(2);
  });

  it.each(["cut short", "changed", "deleted"])("builds anew when the blob was %s", async (what) => {
    await using dir = await tempDir();
    const { cache, layout } = await open(dir.path);
    const { opened, entries } = counted();
    const sink = await layout("one");
    const { descriptor } = await cache.build({ entries, compression: "stored", sink });
    const path = join(dir.path, "layers", blobPath(descriptor.digest));
    if (what === "cut short") {
      await truncate(path, 100);
    } else if (what === "changed") {
      await writeFile(path, Buffer.alloc(descriptor.size, 1));
    } else {
      await rm(path);
    }
    const two = await layout("two");
    const again = await cache.build({ entries, compression: "stored", sink: two });
    expect([again.isCached, opened.times]).toEqual([false, 2]);
    expect(await two.hasBlob(descriptor)).toBe(true);
    // what was shared with the cache is seen to be damaged too, or was mended with it
    await cache.build({ entries, compression: "stored", sink });
    expect(await sink.hasBlob(descriptor)).toBe(true);
  });

  it("takes a damaged memo for none", async () => {
    await using dir = await tempDir();
    const { cache, layout } = await open(dir.path);
    const { entries } = counted();
    const sink = await layout("one");
    await cache.build({ entries, compression: "stored", sink });
    const memos = join(dir.path, "layers", "memos");
    const [name = ""] = await readdir(memos);
    await writeFile(join(memos, name), "{");
    expect((await cache.build({ entries, compression: "stored", sink })).isCached).toBe(false);
  });

  it("drops what was not used for 30 days", async () => {
    await using dir = await tempDir();
    const { entries } = counted();
    const now = { ms: Date.now() };
    const { cache, layout } = await open(dir.path, () => now.ms);
    const sink = await layout("one");
    const { descriptor } = await cache.build({ entries, compression: "stored", sink });
    const blob = join(dir.path, "layers", blobPath(descriptor.digest));
    now.ms += 29 * DAY_MS;
    await cache.prune();
    expect((await cache.build({ entries, compression: "stored", sink })).isCached).toBe(true);
    now.ms += 29 * DAY_MS;
    await cache.prune(); // used since
    expect((await stat(blob)).size).toBe(descriptor.size);
    now.ms += 3 * DAY_MS;
    await cache.prune();
    await expect(stat(blob)).rejects.toThrow("ENOENT");
    expect(await readdir(join(dir.path, "layers", "memos"))).toEqual([]);
    expect(await sink.hasBlob(descriptor)).toBe(true);
  });
});

describe("layerKey", () => {
  const key = (entries: TarEntry[], compression: "gzip" | "stored" = "gzip") =>
    layerKey(entries, compression, REFERENCE);
  const base: TarEntry[] = [tarFile("app/a", "a"), tarFile("app/b", "b")];

  it("is the same for the same entries in any order", () => {
    expect(key([...base].reverse())).toBe(key(base));
  });

  it("stays the same between releases, unless the bytes of layers change", () => {
    expect(key(base)).toMatchInlineSnapshot(
      `"sha256:2fca7dcbc6fbd85e8c8aa341d13e3d64057002833d506f1147df7ad89e4c0e04"`,
    );
  });

  it.each<[string, TarEntry[]]>([
    ["content", [tarFile("app/a", "A"), tarFile("app/b", "b")]],
    ["path", [tarFile("app/c", "a"), tarFile("app/b", "b")]],
    ["mode", [{ ...tarFile("app/a", "a"), executable: true }, tarFile("app/b", "b")]],
    ["number of files", base.slice(1)],
    ["kind", [{ kind: "symlink", path: "app/a", target: "b" }, tarFile("app/b", "b")]],
  ])("changes with the %s of an entry", (_what, entries) => {
    expect(key(entries)).not.toBe(key(base));
  });

  it("depends on the compressor only where one is used", () => {
    const other = { id: "zlib-0123456789ab", isReference: false };
    expect(layerKey(base, "gzip", other)).not.toBe(key(base));
    expect(layerKey(base, "stored", other)).toBe(key(base, "stored"));
  });

  it("changes with a file on disk that was touched", async () => {
    await using dir = await tempDir();
    const file = join(dir.path, "file");
    await writeFile(file, "one");
    const before = key([await diskFile(file, "app/file")]);
    expect(key([await diskFile(file, "app/file")])).toBe(before);
    await utimes(file, 1, 2);
    expect(key([await diskFile(file, "app/file")])).not.toBe(before);
  });
});

describe("sweepLeftovers", () => {
  it("removes temporary files that are a day old, and nothing else", async () => {
    await using dir = await tempDir();
    const names = [".a.tmp", "index.json.b.tmp", "index.json"];
    for (const name of names) {
      await writeFile(join(dir.path, name), "");
    }
    await sweepLeftovers([dir.path, join(dir.path, "absent")]);
    expect((await readdir(dir.path)).sort()).toEqual([...names].sort());
    const now = Date.now() + DAY_MS + 60_000;
    await sweepLeftovers([dir.path], { now });
    expect(await readdir(dir.path)).toEqual(["index.json"]);
    await mkdir(join(dir.path, "build-1", "src"), { recursive: true });
    await sweepLeftovers([dir.path], { now, isTemporary: (name) => name.startsWith("build-") });
    expect(await readdir(dir.path)).toEqual(["index.json"]);
  });
});
