import { rename, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { digestOf } from "../../core/digest.ts";
import { fileStamps } from "../../oci/file-stamps.ts";
import { tempDir } from "../support/temp-dir.ts";

const bytes = Buffer.alloc(100_000, 1);
const content = { digest: digestOf(bytes), size: bytes.length };

async function stamped(directory: string) {
  const path = join(directory, "file");
  const stamps = fileStamps(join(directory, "stamps"));
  await writeFile(path, bytes);
  await stamps.note(path, content);
  return { path, stamps };
}

describe("fileStamps", () => {
  it("knows a file that was noted, in another process too", async () => {
    await using dir = await tempDir();
    const { path, stamps } = await stamped(dir.path);
    expect(await stamps.isKnown(path, content)).toBe(true);
    expect(await fileStamps(join(dir.path, "stamps")).isKnown(path, content)).toBe(true);
  });

  it.each<[string, (path: string) => Promise<void>]>([
    ["its time", (path) => utimes(path, 1, 2)],
    ["its length", (path) => writeFile(path, "short")],
    [
      "its inode, by another file of the same length and time",
      async (path) => {
        await writeFile(`${path}.new`, bytes);
        await rename(`${path}.new`, path);
      },
    ],
  ])("does not know a file that changed %s", async (_what, change) => {
    await using dir = await tempDir();
    const { path, stamps } = await stamped(dir.path);
    await change(path);
    expect(await stamps.isKnown(path, content)).toBe(false);
  });

  it("does not know the same file under another digest or path", async () => {
    await using dir = await tempDir();
    const { path, stamps } = await stamped(dir.path);
    const other = { ...content, digest: digestOf("other") };
    await writeFile(`${path}2`, bytes);
    expect(await stamps.isKnown(path, other)).toBe(false);
    expect(await stamps.isKnown(`${path}2`, content)).toBe(false);
  });

  it("takes no note of a short file, nor of one that is not there", async () => {
    await using dir = await tempDir();
    const stamps = fileStamps(join(dir.path, "stamps"));
    const short = { digest: digestOf("hi"), size: 2 };
    await writeFile(join(dir.path, "hi"), "hi");
    await stamps.note(join(dir.path, "hi"), short);
    await stamps.note(join(dir.path, "absent"), content);
    expect(await stamps.isKnown(join(dir.path, "hi"), short)).toBe(false);
    expect(await stamps.isKnown(join(dir.path, "absent"), content)).toBe(false);
  });

  it("forgets what was noted before a time", async () => {
    await using dir = await tempDir();
    const { path, stamps } = await stamped(dir.path);
    await stamps.prune(0);
    expect(await stamps.isKnown(path, content)).toBe(true);
    await stamps.prune(Number.MAX_SAFE_INTEGER);
    expect(await stamps.isKnown(path, content)).toBe(false);
  });
});
