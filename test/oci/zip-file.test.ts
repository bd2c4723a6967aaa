import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { collect } from "../../oci/chunks.ts";
import { readZip } from "../../oci/zip-file.ts";
import { tempDir } from "../support/temp-dir.ts";
import { zipArchive } from "../support/zip-archive.ts";

const FILES = {
  "a.txt": "hello hello hello",
  "folder/größe.so": Buffer.alloc(300_000, 7),
  empty: "",
};

describe("readZip", () => {
  it.each([{}, { isStored: true }, { comment: "PK of this archive" }])(
    "reads %j",
    async (options) => {
      await using dir = await tempDir();
      const path = join(dir.path, "a.zip");
      await writeFile(path, zipArchive(FILES, options));
      const found: Record<string, Buffer> = {};
      for (const entry of await readZip(path)) {
        found[entry.path] = await collect(entry.open(), 1e6, entry.path);
        expect(found[entry.path]?.length).toBe(entry.size);
      }
      expect(found).toEqual(
        Object.fromEntries(Object.entries(FILES).map(([name, text]) => [name, Buffer.from(text)])),
      );
    },
  );

  it.each([
    ["no archive", Buffer.from("<html>")],
    ["an archive that is cut short", zipArchive(FILES).subarray(0, -200)],
    ["nothing", Buffer.alloc(0)],
  ])("refuses %s", async (_what, bytes) => {
    await using dir = await tempDir();
    const path = join(dir.path, "a.zip");
    await writeFile(path, bytes);
    await expect(readZip(path)).rejects.toThrow(
      expect.objectContaining({ code: "BENTO_INTEGRITY", message: "not a whole zip archive" }),
    );
  });
});
