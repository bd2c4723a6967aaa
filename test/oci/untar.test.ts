import { execFileSync } from "node:child_process";
import { createReadStream } from "node:fs";
import { link, mkdir, readFile, stat, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { type ByteStream, collect, rechunk, streamOf } from "../../oci/chunks.ts";
import { directoryEntries } from "../../oci/directory-entries.ts";
import { extractTar } from "../../oci/extract-tar.ts";
import { writeTar } from "../../oci/tar.ts";
import { type TarEntry, tarFile } from "../../oci/tar-entry.ts";
import { tarHeader } from "../../oci/tar-header.ts";
import { type ReadTarOptions, readTar } from "../../oci/untar.ts";
import { tempDir } from "../support/temp-dir.ts";

async function listing(source: ByteStream, options?: ReadTarOptions): Promise<string[]> {
  const lines: string[] = [];
  for await (const entry of readTar(source, options)) {
    const target = entry.target === undefined ? "" : ` -> ${entry.target}`;
    lines.push(`${entry.kind} ${entry.path} ${entry.size}${target}`);
  }
  return lines;
}

/** A header with bytes changed and its checksum made right again. */
function header(entry: TarEntry, change: (block: Buffer) => void): Buffer {
  const block = tarHeader(entry);
  change(block);
  block.write(" ".repeat(8), 148);
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148);
  return block;
}

const end = Buffer.alloc(1024);
const renamed = (path: string) =>
  streamOf(
    header(tarFile("x", ""), (block) => block.fill(0, 0, 100).write(path, 0)),
    end,
  );
const typed = (type: string) =>
  streamOf(
    header(tarFile("x", ""), (block) => block.write(type, 156)),
    end,
  );
const linked = (path: string, target: string) => writeTar([{ kind: "symlink", path, target }]);

describe("readTar", () => {
  it.each(["gnu", "pax", "ustar", "oldgnu"])("reads what GNU tar writes as %s", async (format) => {
    await using dir = await tempDir();
    const long = format === "ustar" ? "d" : "long-name-".repeat(14);
    await mkdir(join(dir.path, "in", "sub"), { recursive: true });
    await writeFile(join(dir.path, "in", "sub", long), "content", { mode: 0o755 });
    await link(join(dir.path, "in", "sub", long), join(dir.path, "in", "sub", "z"));
    await symlink("sub/z", join(dir.path, "in", "link"));
    const file = join(dir.path, "a.tar");
    execFileSync("tar", [
      "-C",
      join(dir.path, "in"),
      `--format=${format}`,
      "--sort=name",
      "-cf",
      file,
      ".",
    ]);
    expect(await listing(rechunk(createReadStream(file), 700))).toEqual([
      "symlink link 0 -> sub/z",
      "directory sub 0",
      `file sub/${long} 7`,
      `hardlink sub/z 0 -> sub/${long}`,
    ]);
  });

  it("skips content that is not taken, and hands out what is", async () => {
    const entries = [tarFile("a", "first"), tarFile("b", "x".repeat(2000)), tarFile("c", "third")];
    const read: string[] = [];
    for await (const entry of readTar(rechunk(writeTar(entries), 100))) {
      if (entry.path !== "b") {
        read.push((await collect(entry.content(), 100, "test")).toString());
      }
    }
    expect(read).toEqual(["first", "third"]);
  });

  it.each(["/etc/passwd", "../up", "a/../../up", "a/.."])("refuses the path %j", async (path) => {
    await expect(listing(renamed(path))).rejects.toThrow(
      expect.objectContaining({
        code: "BENTO_REFUSED",
        message: `${JSON.stringify(path)} is a path that leaves the archive`,
      }),
    );
  });

  it.each([
    ["a", "/etc/passwd"],
    ["a", "../up"],
    ["a/b", "../../up"],
    ["a/b", "x/../../up"],
    ["a/b/c", "d/.."],
  ])("refuses the link %s -> %s", async (path, target) => {
    await expect(listing(linked(path, target))).rejects.toThrow(
      expect.objectContaining({
        code: "BENTO_REFUSED",
        message: `${JSON.stringify(path)} is a link that leaves the archive: ${JSON.stringify(target)}`,
      }),
    );
  });

  it.each([
    ["a", "b"],
    ["a/b", "../c"],
    ["a/b/c", "../../d/e"],
    ["a", "./b/c"],
  ])("takes the link %s -> %s", async (path, target) => {
    expect((await listing(linked(path, target))).at(-1)).toBe(`symlink ${path} 0 -> ${target}`);
  });

  it("takes absolute links of a root file system when told to", async () => {
    expect(await listing(linked("lib64", "/usr/lib64"), { links: "rootfs" })).toEqual([
      "symlink lib64 0 -> /usr/lib64",
    ]);
  });

  it.each([
    ["3", "a character device"],
    ["4", "a block device"],
    ["6", "a pipe"],
    ["S", "a sparse file"],
  ])("refuses tar type %s, %s", async (type) => {
    await expect(listing(typed(type))).rejects.toThrow(
      `"x" is neither file, directory nor link (tar type ${type})`,
    );
  });

  it.each([
    ["within a header", 300, "cut short within a header"],
    ["within a file", 900, "cut short within a file"],
  ])("fails at an archive that is cut short %s", async (_name, length, message) => {
    const whole = await collect(writeTar([tarFile("a", "x".repeat(600))]), 1e6, "test");
    await expect(listing(streamOf(whole.subarray(0, length)))).rejects.toThrow(
      expect.objectContaining({ code: "BENTO_INTEGRITY", message }),
    );
  });

  it("fails at a header whose checksum is wrong", async () => {
    const block = tarHeader(tarFile("a", ""));
    block.write("b", 0);
    await expect(listing(streamOf(block, end))).rejects.toThrow("a header's checksum is wrong");
  });

  it("reads GNU's binary sizes", async () => {
    const block = header(tarFile("a", "x".repeat(5)), (bytes) => {
      bytes.fill(0, 124, 136);
      bytes.writeUInt8(0x80, 124);
      bytes.writeUInt32BE(5, 132);
    });
    expect(await listing(streamOf(block, Buffer.alloc(512), end))).toEqual(["file a 5"]);
  });
});

describe("extractTar", () => {
  it("writes a directory that reads back as the same entries", async () => {
    await using dir = await tempDir();
    const entries: TarEntry[] = [
      { ...tarFile("bin/run", "run"), executable: true },
      tarFile("data/a.txt", "text"),
      { kind: "symlink", path: "data/link", target: "../bin/run" },
    ];
    const target = join(dir.path, "out");
    expect(await extractTar(writeTar(entries), target)).toEqual(["bin/run", "data/a.txt"]);
    expect((await stat(join(target, "bin/run"))).mode & 0o100).toBe(0o100);
    const again = await directoryEntries(target, {
      isExecutable: (path) => path.startsWith("bin/"),
    });
    const bytes = (list: Iterable<TarEntry>) => collect(writeTar(list), 1e6, "test");
    expect((await bytes(again)).equals(await bytes(entries))).toBe(true);
  });

  it("takes nothing below a link, overwrites nothing and refuses hard links", async () => {
    await using dir = await tempDir();
    const below = streamOf(
      tarHeader({ kind: "symlink", path: "a", target: "b" }),
      tarHeader(tarFile("a/c", "")),
      end,
    );
    const twice = streamOf(tarHeader(tarFile("f", "")), tarHeader(tarFile("f", "")), end);
    for (const source of [below, twice, typed("1")]) {
      await expect(extractTar(source, dir.path)).rejects.toThrow(
        expect.objectContaining({ code: "BENTO_REFUSED" }),
      );
    }
    await writeFile(join(dir.path, "mine"), "mine");
    await expect(extractTar(writeTar([tarFile("mine", "theirs")]), dir.path)).rejects.toThrow(
      "EEXIST",
    );
    expect(await readFile(join(dir.path, "mine"), "utf8")).toBe("mine");
  });
});
