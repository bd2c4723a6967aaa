import { spawn } from "node:child_process";
import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { collect } from "../../model-store/collect.ts";
import { memoryDriver } from "../../model-store/drivers/memory.ts";
import { bentoOf, writeBentoFiles } from "../support/bento-content.ts";
import { onnxFile } from "../support/onnx-file.ts";
import { dyingDriver, localTestStore, modelBytes, testStore } from "../support/stores.ts";
import { tempDir } from "../support/temp-dir.ts";

const steps = [1, 2, 3, 4, 5, 6].flatMap((failAt) => [
  { failAt, isAfter: false },
  { failAt, isAfter: true },
]);

const READ_ONLY = { name: "m", version: "v1" };

describe("an import that dies", () => {
  it.each(steps)("leaves nothing half visible, and the next one succeeds: %j", async (step) => {
    await using dir = await tempDir();
    await using driver = memoryDriver();
    await writeFile(join(dir.path, "m.onnx"), onnxFile({ external: { W: "w.bin" } }));
    await writeFile(join(dir.path, "w.bin"), "1234");
    const dying = dyingDriver(driver, step);
    const options = { ...READ_ONLY, labels: { stage: "dev" } };
    const outcome = await testStore({ driver: dying })
      .models.save(dir.path, options)
      .then(
        () => "saved",
        (error: Error) => error.message,
      );
    expect(outcome).toBe("killed"); // what is pending, two blobs, the version, latest, labels: six writes
    const { models } = testStore({ driver });
    for (const seen of await collect(models.list())) {
      const path = await models.path(seen.manifest, join(dir.path, `cache${step.failAt}`));
      expect(path).not.toBe("");
      expect(await models.resolve({ name: "m" })).toEqual(READ_ONLY);
    }
    await models.save(dir.path, options);
    const found = await models.get({ name: "m" });
    expect(found).toMatchObject({ labels: { stage: "dev" }, manifest: READ_ONLY });
    await models.path(found.manifest, join(dir.path, "cache"));
  });

  it("sends only what is missing the second time", async () => {
    await using driver = memoryDriver();
    const dying = dyingDriver(driver, { failAt: 3, isAfter: false });
    const dead = testStore({ driver: dying }).models.save(modelBytes(), READ_ONLY);
    await expect(dead).rejects.toThrow("killed");
    const counting = dyingDriver(driver, { failAt: Number.POSITIVE_INFINITY, isAfter: false });
    await testStore({ driver: counting }).models.save(modelBytes(), READ_ONLY);
    expect(counting.writes).toBe(3); // what is pending, the version and latest, not the blob
  });

  it("is as if it never was when its process is killed half-way through a file", async () => {
    await using dir = await tempDir();
    const source = `
      import { digestOf } from "./core/digest.ts";
      import { localDriver } from "./model-store/drivers/local.ts";
      import { storeOver } from "./model-store/open-store.ts";
      const driver = localDriver({ root: ${JSON.stringify(dir.path)} });
      const slow = {
        ...driver,
        put: (key, body) => driver.put(key, body instanceof Uint8Array ? body : { ...body, async *open() {
          for await (const piece of body.open()) {
            yield piece.subarray(0, 10);
            process.stdout.write("half");
            await new Promise((resolve) => setTimeout(resolve, 60_000));
          }
        } }),
      };
      const store = storeOver(slow, { home: ${JSON.stringify(dir.path)}, checkLoad: async () => {} });
      await store.models.save(Buffer.from(${JSON.stringify(modelBytes().toString("base64"))}, "base64"), { name: "m", version: "v1" });
    `;
    const child = spawn(
      process.execPath,
      ["--conditions=bentokit-source", "--input-type=module-typescript", "-e", source],
      { cwd: join(import.meta.dirname, "../.."), stdio: ["ignore", "pipe", "inherit"] },
    );
    const exited = once(child, "exit");
    await once(child.stdout, "data");
    child.kill("SIGKILL");
    expect((await exited)[1]).toBe("SIGKILL");
    const { models } = localTestStore(dir.path);
    expect(await collect(models.list())).toEqual([]);
    expect((await models.save(modelBytes(), READ_ONLY)).state).toBe("created");
    const { manifest } = await models.get({ name: "m" });
    await models.path(manifest, join(dir.path, "cache"));
  });
});

describe("a build that dies", () => {
  it.each(steps.slice(0, 8))("leaves no bento half visible: %j", async (step) => {
    await using dir = await tempDir();
    await using driver = memoryDriver();
    await writeBentoFiles(dir.path);
    const manifest = bentoOf({ version: "b1" });
    const dead = testStore({ driver: dyingDriver(driver, step) }).bentos.save(dir.path, manifest);
    await expect(dead).rejects.toThrow("killed"); // two files, the version, latest: four writes
    const { bentos } = testStore({ driver });
    for (const seen of await collect(bentos.list())) {
      await bentos.materialise(seen.manifest, join(dir.path, "cache"));
    }
    await bentos.save(dir.path, manifest);
    expect(await bentos.resolve({ name: "iris" })).toEqual({ name: "iris", version: "b1" });
  });
});
