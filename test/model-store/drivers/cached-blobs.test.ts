/**
 * Blobs of a store far away, kept here.
 */
import { chmod, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { ProgressEvent } from "../../../core/progress.ts";
import { cachedBlobs } from "../../../model-store/drivers/cached-blobs.ts";
import { localDriver } from "../../../model-store/drivers/local.ts";
import { memoryDriver } from "../../../model-store/drivers/memory.ts";
import { modelBytes, testStore } from "../../support/stores.ts";
import { tempDir } from "../../support/temp-dir.ts";

describe("cachedBlobs", () => {
  it("tells of a blob that is fetched, and fetches it once", async () => {
    await using dir = await tempDir();
    const driver = cachedBlobs(memoryDriver(), localDriver({ root: join(dir.path, "home") }));
    await using store = testStore({ driver });
    const bytes = modelBytes();
    const { manifest } = await store.models.save(bytes, { name: "iris", version: "v1" });
    const events: ProgressEvent[] = [];
    const onProgress = (event: ProgressEvent) => void events.push(event);
    await store.models.path(manifest, join(dir.path, "first"), { onProgress });
    await store.models.path(manifest, join(dir.path, "second"), { onProgress });
    expect(events).toEqual([
      {
        ...{ kind: "step-progress", step: "fetch model.onnx" },
        ...{ doneBytes: bytes.length, totalBytes: bytes.length },
      },
    ]);
  });

  it("ends a fetch that nobody waits for any more", async () => {
    await using dir = await tempDir();
    const driver = cachedBlobs(memoryDriver(), localDriver({ root: join(dir.path, "home") }));
    await using store = testStore({ driver });
    const { manifest } = await store.models.save(modelBytes(), { name: "iris", version: "v1" });
    const signal = AbortSignal.abort(new Error("enough"));
    const made = store.models.path(manifest, join(dir.path, "cache"), { signal });
    await expect(made).rejects.toThrow("enough");
  });

  it("fetches a copy again that is not what it was", async () => {
    await using dir = await tempDir();
    const root = join(dir.path, "home");
    const driver = cachedBlobs(memoryDriver(), localDriver({ root }));
    await using store = testStore({ driver });
    const bytes = modelBytes();
    const { manifest } = await store.models.save(bytes, { name: "iris", version: "v1" });
    const first = await store.models.path(manifest, join(dir.path, "first"));
    const damaged = Buffer.from(bytes);
    damaged.writeUInt8(damaged.readUInt8(9) ^ 1, 9);
    await chmod(join(first, "model.onnx"), 0o644);
    await writeFile(join(first, "model.onnx"), damaged); // the copy is the same file
    const events: ProgressEvent[] = [];
    for (const name of ["second", "third", "first"]) {
      const onProgress = (event: ProgressEvent) => void events.push(event);
      const folder = await store.models.path(manifest, join(dir.path, name), { onProgress });
      expect((await readFile(join(folder, "model.onnx"))).equals(bytes)).toBe(true);
    }
    expect(events.length).toBe(1);
  });
});
