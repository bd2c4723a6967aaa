import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { collect, rechunk, streamOf } from "../../oci/chunks.ts";
import { tarBytes, writeTar } from "../../oci/tar.ts";
import { type TarEntry, tarFile } from "../../oci/tar-entry.ts";
import { planTar } from "../../oci/tar-plan.ts";
import { readTar } from "../../oci/untar.ts";
import { tempDir } from "../support/temp-dir.ts";

const archive = (entries: Iterable<TarEntry>) => collect(writeTar(entries), 1e9, "test");
const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");

const sample: readonly TarEntry[] = [
  tarFile("app/bento.json", "{}\n"),
  { ...tarFile("app/bin/run", "#!/bin/sh\n"), executable: true },
  { kind: "symlink", path: "app/current", target: "bin/run" },
  { kind: "directory", path: "tmp", shared: true },
  tarFile(`app/${"deep/".repeat(40)}file.txt`, "long"),
  tarFile("app/größe.txt", "ü"),
];

describe("writeTar", () => {
  it("gives the same bytes for the same entries in any order", async () => {
    const bytes = await archive(sample);
    expect(bytes.equals(await archive([...sample].reverse()))).toBe(true);
    expect(sha256(bytes)).toMatchInlineSnapshot(
      `"d9e4945e1bde32f3fbf5d3b41539bd613f6857089e186bbaac7c8546a98b354e"`,
    );
  });

  it("writes what GNU tar reads, with fixed modes, owner and time", async () => {
    await using dir = await tempDir();
    const file = join(dir.path, "a.tar");
    await writeFile(file, await archive(sample.filter((entry) => !entry.path.includes("deep"))));
    const listing = execFileSync("tar", ["-tvf", file, "--numeric-owner", "--full-time"], {
      env: { TZ: "UTC", PATH: process.env["PATH"], LC_ALL: "C.UTF-8" },
      encoding: "utf8",
    });
    expect(listing).toMatchInlineSnapshot(`
      "drwxr-xr-x 0/0               0 1970-01-01 00:00:00 app/
      -rw-r--r-- 0/0               3 1970-01-01 00:00:00 app/bento.json
      drwxr-xr-x 0/0               0 1970-01-01 00:00:00 app/bin/
      -rwxr-xr-x 0/0              10 1970-01-01 00:00:00 app/bin/run
      lrwxrwxrwx 0/0               0 1970-01-01 00:00:00 app/current -> bin/run
      -rw-r--r-- 0/0               2 1970-01-01 00:00:00 app/größe.txt
      drwxrwxrwt 0/0               0 1970-01-01 00:00:00 tmp/
      "
    `);
  });

  it("streams a content that is opened when it is written", async () => {
    const size = 3 * 1024 * 1024 + 7;
    let opened = 0;
    const content = () => {
      opened += 1;
      return streamOf(
        ...Array.from({ length: 3 }, () => Buffer.alloc(1024 * 1024, 1)),
        Buffer.alloc(7, 2),
      );
    };
    const entries: TarEntry[] = [{ kind: "file", path: "weights.bin", size, content }];
    const bytes = await archive(entries);
    expect({ opened, length: bytes.length }).toEqual({ opened: 1, length: tarBytes(entries) });
  });

  it.each([
    ["longer", 2, "expected 2 bytes, got more"],
    ["shorter", 9, "expected 9 bytes, got 4"],
  ])("fails when a file is %s than it was said to be", async (_name, size, message) => {
    const entries: TarEntry[] = [{ kind: "file", path: "a", size, content: Buffer.from("four") }];
    await expect(archive(entries)).rejects.toThrow(
      expect.objectContaining({ code: "BENTO_IO", message, where: "a" }),
    );
  });

  it("stops between files when it is aborted", async () => {
    const signal = AbortSignal.abort(new Error("stop"));
    await expect(collect(writeTar(sample, { signal }), 1e6, "test")).rejects.toThrow("stop");
  });

  it("says files of 8 GiB and more in a pax record", () => {
    const huge: TarEntry = { kind: "file", path: "w", size: 2 ** 33, content: () => streamOf() };
    const large: TarEntry = { ...huge, size: 2 ** 33 - 1 };
    expect(tarBytes([huge]) - tarBytes([large])).toBe(1024);
  });
});

describe("planTar", () => {
  it("sorts by bytes and adds the parents", () => {
    const plan = planTar([tarFile("b/c/d", ""), tarFile("b.txt", ""), tarFile("B", "")]);
    expect(plan.map((entry) => `${entry.kind} ${entry.path}`)).toEqual([
      "file B",
      "file b.txt",
      "directory b",
      "directory b/c",
      "file b/c/d",
    ]);
  });

  it.each([
    ["/etc/passwd", 'not a relative path without dots: "/etc/passwd"'],
    ["../up", 'not a relative path without dots: "../up"'],
    ["a//b", 'not a relative path without dots: "a//b"'],
    ["a/", 'not a relative path without dots: "a/"'],
    ["", 'not a relative path without dots: ""'],
    ["a\0b", 'not a writable path: "a\\u0000b"'],
    ["\ud800", 'not a writable path: "\\ud800"'],
  ])("refuses the path %j", (path, message) => {
    expect(() => planTar([tarFile(path, "")])).toThrow(
      expect.objectContaining({ code: "BENTO_INVALID_INPUT", message }),
    );
  });

  it("names every conflict at once", () => {
    const entries: TarEntry[] = [
      tarFile("a", "1"),
      tarFile("a", "1"),
      tarFile("a/b", ""),
      { kind: "symlink", path: "link", target: "a" },
      tarFile("link/c", ""),
      { kind: "symlink", path: "empty", target: "" },
      { kind: "directory", path: "tmp", shared: true },
      { kind: "directory", path: "tmp" },
      { kind: "file", path: "nan", size: Number.NaN, content: Buffer.alloc(0) },
    ];
    expect(() => planTar(entries)).toThrow(
      [
        '"a" stands there twice',
        '"empty" links to nothing',
        '"tmp" stands there twice',
        '"nan" has no length: NaN',
        '"a/b" lies below "a", which is a file',
        '"link/c" lies below "link", which is a symlink',
      ].join("\n"),
    );
  });

  it("takes a directory that is named twice alike", () => {
    const directory: TarEntry = { kind: "directory", path: "a" };
    expect(planTar([directory, directory])).toEqual([directory]);
  });
});

describe("tarBytes", () => {
  it("is the length of what is written and what is written reads back, for any names and contents", async () => {
    const part = fc
      .string({ unit: "grapheme", minLength: 1, maxLength: 60 })
      .filter(
        (text) => !/[/\0]/.test(text) && text !== "." && text !== ".." && text.isWellFormed(),
      );
    // A first part per kind, so that no file lies below another.
    const files = fc.uniqueArray(fc.tuple(fc.array(part, { maxLength: 6 }), part), {
      selector: ([, name]) => name,
      maxLength: 8,
    });
    await fc.assert(
      fc.asyncProperty(files, fc.uint8Array({ maxLength: 1500 }), async (names, content) => {
        const entries = names.map(
          ([folders, name]): TarEntry => tarFile([name, ...folders, "f"].join("/"), content),
        );
        const bytes = await archive(entries);
        expect(bytes.length).toBe(tarBytes(entries));
        const read: TarEntry[] = [];
        for await (const entry of readTar(rechunk(streamOf(bytes), 333))) {
          if (entry.kind === "file") {
            read.push(tarFile(entry.path, await collect(entry.content(), 1e6, "test")));
          }
        }
        const written = planTar(entries).filter((entry) => entry.kind === "file");
        expect(read.map(({ path }) => path)).toEqual(written.map(({ path }) => path));
        expect(read.every((file) => "size" in file && file.size === content.length)).toBe(true);
      }),
      { numRuns: 60 },
    );
  });
});
