import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parseImageRef } from "../../../core/image-ref.ts";
import { createLayout } from "../../../oci/layout.ts";
import { pullImage } from "../../../oci/registry/pull-image.ts";
import { sampleImage } from "../../support/image-layout.ts";
import { runLimited } from "../../support/limits.ts";
import { loopbackRegistry } from "../../support/registry.ts";
import { pushSample } from "../../support/registry-faults.ts";
import { tempDir } from "../../support/temp-dir.ts";

describe("pullImage, where a file cannot grow,", () => {
  it("says so once, leaves no image, and goes on from there when there is room", async () => {
    await using dir = await tempDir();
    await using pulled = await tempDir();
    await using registry = await loopbackRegistry();
    const layers = { big: Buffer.alloc(1_000_000), small: "small" };
    const sample = await sampleImage(dir.path, { layers });
    await pushSample(registry, sample);
    registry.requests.length = 0;
    const said = await runLimited(
      `import { createLayout } from "./oci/layout.ts";
      import { pullImage } from "./oci/registry/pull-image.ts";
      import { parseImageRef } from "./core/image-ref.ts";
      const layout = await createLayout(${JSON.stringify(pulled.path)});
      const reference = parseImageRef("${registry.host}/team/iris:v1");
      const pull = pullImage({ reference, platform: "linux/amd64", layout, name: "x" });
      const { code, message, exitCode } = await pull.then(() => ({}), (error) => error);
      console.log(JSON.stringify({ code, message, exitCode, images: await layout.images() }));`,
      { fileKilobytes: 200 },
    );
    expect(JSON.parse(said)).toEqual({
      code: "BENTO_IO",
      message: expect.stringMatching(/^cannot keep a blob of the image: EFBIG/),
      exitCode: 5,
      images: [],
    });
    const big = sample.manifest.layers[0]?.digest ?? "";
    expect(registry.requests.filter((line) => line.includes(big)).length).toBe(1);
    const layout = await createLayout(pulled.path);
    const reference = parseImageRef(`${registry.host}/team/iris:v1`);
    await pullImage({ reference, platform: "linux/amd64", layout, name: "x" });
    expect((await layout.images()).map(({ digest }) => digest)).toEqual([sample.image.digest]);
  });
});

describe("OciLayout.writeBlob, where a file cannot grow,", () => {
  it("says where, and keeps nothing", async () => {
    await using dir = await tempDir();
    const said = await runLimited(
      `import { createLayout } from "./oci/layout.ts";
      import { streamOf } from "./oci/chunks.ts";
      const layout = await createLayout(${JSON.stringify(dir.path)});
      const write = layout.writeBlob(streamOf(Buffer.alloc(1_000_000)));
      const { code, message, where, hint } = await write.then(() => ({}), (error) => error);
      console.log(JSON.stringify({ code, message, where, hint }));`,
      { fileKilobytes: 200 },
    );
    expect(JSON.parse(said)).toEqual({
      code: "BENTO_IO",
      message: expect.stringMatching(/^cannot keep a blob of the image: EFBIG/),
      where: dir.path,
      hint: "make room on that disk, then do the same again: what is there already stays",
    });
    expect(await readdir(join(dir.path, "blobs/sha256"))).toEqual([]);
  });
});
