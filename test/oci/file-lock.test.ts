import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { digestOf } from "../../core/digest.ts";
import { withFileLock } from "../../oci/file-lock.ts";
import { createLayout } from "../../oci/layout.ts";
import { OCI_MANIFEST } from "../../oci/media-type.ts";
import { tempDir } from "../support/temp-dir.ts";

describe("withFileLock", () => {
  it("runs one piece of work at a time and leaves nothing", async () => {
    await using dir = await tempDir();
    const lock = join(dir.path, "lock");
    const seen: string[] = [];
    const work = (name: string) => async () => {
      seen.push(`${name} in`);
      await new Promise(setImmediate);
      seen.push(`${name} out`);
    };
    await Promise.all(["a", "b", "c"].map((name) => withFileLock(lock, work(name))));
    const names = seen.filter((_, index) => index % 2 === 0).map((line) => line[0]);
    expect(seen).toEqual(names.flatMap((name) => [`${name} in`, `${name} out`]));
    expect(await readdir(dir.path)).toEqual([]);
  });

  it("is free again when the work fails", async () => {
    await using dir = await tempDir();
    const lock = join(dir.path, "lock");
    const failing = withFileLock(lock, () => Promise.reject(new Error("no space")));
    await expect(failing).rejects.toThrow("no space");
    expect(await withFileLock(lock, async () => "done")).toBe("done");
  });

  it("takes over what a killed process left, and nothing younger", async () => {
    await using dir = await tempDir();
    const lock = join(dir.path, "lock");
    await writeFile(lock, "killed");
    const stop = new AbortController();
    const young = withFileLock(lock, async () => "done", { signal: stop.signal });
    stop.abort();
    await expect(young).rejects.toThrow("abort");
    expect(await readFile(lock, "utf8")).toBe("killed");
    const later = () => Date.now() + 11_000;
    expect(await withFileLock(lock, async () => "done", { now: later })).toBe("done");
    expect(await readdir(dir.path)).toEqual([]);
  });

  it("says where it cannot write", async () => {
    await using dir = await tempDir();
    const lock = join(dir.path, "absent", "lock");
    await expect(withFileLock(lock, async () => "done")).rejects.toThrow(
      expect.objectContaining({ code: "BENTO_IO", message: "cannot write a lock", where: lock }),
    );
  });
});

describe("OciLayout", () => {
  it("loses no image when several writers enter one each", async () => {
    await using dir = await tempDir();
    const names = Array.from({ length: 12 }, (_, index) => `v${index}`).sort();
    await Promise.all(
      names.map(async (name) => {
        const layout = await createLayout(dir.path);
        const image = { mediaType: OCI_MANIFEST, digest: digestOf(name), size: 2 };
        await layout.setImage(image, name);
      }),
    );
    const images = await (await createLayout(dir.path)).images();
    expect(images.map(({ digest }) => digest)).toEqual(names.map((name) => digestOf(name)));
  });
});
