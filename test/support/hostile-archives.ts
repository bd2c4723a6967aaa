/**
 * Archives as attackers write them: headers changed with their checksums made right again.
 *
 * @module
 */
import { gzipSync } from "node:zlib";
import { type TarEntry, tarFile } from "../../oci/tar-entry.ts";
import { tarHeader } from "../../oci/tar-header.ts";
import { zipArchive } from "./zip-archive.ts";

const END = Buffer.alloc(1024);

/** A header with bytes changed. */
function header(entry: TarEntry, change: (block: Buffer) => void): Buffer {
  const block = tarHeader(entry);
  change(block);
  block.write(" ".repeat(8), 148);
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148);
  return block;
}

function tarOf(...blocks: readonly Buffer[]): Buffer {
  return Buffer.concat([...blocks, END]);
}

/** An empty file of that name. */
function named(path: string): Buffer {
  return header(tarFile("x", ""), (block) => block.fill(0, 0, 100).write(path, 0));
}

function typed(type: string, target: string): Buffer {
  return header(tarFile("link", ""), (block) => {
    block.write(type, 156);
    block.write(target, 157);
  });
}

/** A gzip of a tar of one file of so many zeros; kilobytes for gigabytes. */
export function gzipBomb(mebibytes: number): Buffer {
  const one = gzipSync(Buffer.alloc(1024 * 1024));
  const file = header(tarFile("zeros", ""), (block) =>
    block.write(`${(mebibytes * 1024 * 1024).toString(8).padStart(11, "0")}\0`, 124),
  );
  // gzip members in a row are one stream
  return Buffer.concat([gzipSync(file), ...Array(mebibytes).fill(one), gzipSync(END)]);
}

/** A zip whose directory says that its one file is larger than it is, or of another type. */
export function changedZip(path: string, change: (record: Buffer) => void): Buffer {
  const zip = zipArchive({ [path]: "content" });
  change(zip.subarray(zip.lastIndexOf("PK\x01\x02", undefined, "latin1")));
  return zip;
}

const asLink = (record: Buffer) => {
  record.writeUInt8(3, 5); // made on Unix
  record.writeUInt16LE(0o120777, 40);
};

/** What no reader may unpack, by what is wrong with it. */
export const HOSTILE: Readonly<Record<string, Buffer>> = {
  "tar: a path that climbs": tarOf(named("../outside")),
  "tar: a path that climbs later": tarOf(named("a/../../outside")),
  "tar: an absolute path": tarOf(named("/tmp/outside")),
  "tar: a symbolic link inside": tarOf(typed("2", "model.yaml")),
  "tar: a symbolic link outside": tarOf(typed("2", "/etc/passwd")),
  "tar: a hard link": tarOf(named("a"), typed("1", "a")),
  "tar: a device": tarOf(typed("3", "")),
  "tar: a name twice": tarOf(named("a"), named("a")),
  "tar: a file below a file": tarOf(named("a"), named("a/b")),
  "tar: many entries": gzipSync(
    tarOf(...Array.from({ length: 10_001 }, (_, index) => named(`f${index}`))),
  ),
  "tar: a bomb": gzipBomb(300),
  "zip: a path that climbs": zipArchive({ "../outside": "x" }),
  "zip: an absolute path": zipArchive({ "/tmp/outside": "x" }),
  "zip: a backslash": zipArchive({ "..\\outside": "x" }),
  "zip: a symbolic link": changedZip("link", asLink),
  "zip: a name twice": zipArchive({ a: "x", "./a": "y" }),
  "zip: a file below a file": zipArchive({ a: "x", "a/b": "y" }),
  "zip: a bomb": changedZip("zeros", (record) => record.writeUInt32LE(0xf000_0000, 24)),
};
