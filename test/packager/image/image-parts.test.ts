import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { BentoManifest, bentoModelFolder } from "../../../core/bento-manifest.ts";
import { digestOf } from "../../../core/digest.ts";
import { formatBentoYaml } from "../../../model-store/bento-yaml.ts";
import { inspectImage } from "../../../oci/inspect-image.ts";
import { createLayout } from "../../../oci/layout.ts";
import { tarFile } from "../../../oci/tar-entry.ts";
import { type ContainerizeOptions, containerize } from "../../../packager/image/containerize.ts";
import { bentoInside, imageParts } from "../../../packager/image/image-parts.ts";
import { rebaseImage } from "../../../packager/image/rebase-image.ts";
import { repinImage } from "../../../packager/image/repin-image.ts";
import { elfFile } from "../../support/elf-file.ts";
import { type TempDir, tempDir } from "../../support/temp-dir.ts";
import {
  writeFiles,
  writeSampleBase,
  writeSampleBento,
  writeSampleOnnxruntime,
} from "./sample-bento.ts";
import { sampleLibraries } from "./sample-libraries.ts";

async function sample(dir: TempDir): Promise<ContainerizeOptions> {
  const bentoDirectory = join(dir.path, "bento");
  const manifest = await writeSampleBento(bentoDirectory);
  await writeFiles(bentoDirectory, { "bento.yaml": await formatBentoYaml(manifest) });
  return {
    bentoDirectory,
    manifest,
    base: await writeSampleBase(join(dir.path, "base")),
    platform: "linux/amd64",
    onnxruntimeDirectory: await writeSampleOnnxruntime(join(dir.path, "onnxruntime-node")),
    layout: await createLayout(join(dir.path, "image")),
    name: "v1",
  };
}

/** The sample with other weights, as repinBento would leave it. */
async function repinned(dir: TempDir, before: BentoManifest) {
  const weights = "newer weights of iris";
  const file = { path: "model.onnx", digest: digestOf(weights), size: weights.length };
  const models = before.models.map((model) => ({
    ...model,
    version: "v2",
    digest: digestOf("v2"),
    files: [file],
  }));
  const manifest = BentoManifest.parse({ ...before, version: "def456", models });
  const bentoDirectory = join(dir.path, "repinned");
  await writeSampleBento(bentoDirectory);
  const folder = bentoModelFolder({ name: "iris", version: "v2" });
  await writeFiles(bentoDirectory, {
    "bento.yaml": await formatBentoYaml(manifest),
    [`${folder}/model.onnx`]: weights,
  });
  return { manifest, bentoDirectory };
}

describe("imageParts", () => {
  it("tells the base from what is ours, and finds the bento", async () => {
    await using dir = await tempDir();
    const options = await sample(dir);
    await containerize(options);
    const image = await inspectImage(options.layout);
    const { base, layers, nodePath, platform } = imageParts(image);
    expect({
      base: base.manifest.layers.length,
      digest: base.digest,
      history: base.config.history?.length,
      layers: layers.map(({ title }) => title),
      nodePath,
      platform,
    }).toEqual({
      base: 1,
      digest: options.base.manifestDigest,
      history: 1,
      layers: ["natives", "model iris:v1", "app"],
      nodePath: "/usr/local/bin/node",
      platform: "linux/amd64",
    });
    expect(await bentoInside(options.layout, image)).toEqual(options.manifest);
  });

  it("refuses an image that says nothing of its base", async () => {
    await using dir = await tempDir();
    const { layout } = await writeSampleBase(dir.path);
    const image = await inspectImage(layout);
    expect(() => imageParts(image)).toThrow(
      expect.objectContaining({
        code: "BENTO_UNSUPPORTED",
        message: "not an image of a bento that can be taken apart",
      }),
    );
    await expect(bentoInside(layout, image)).rejects.toThrow("taken apart");
  });
});

describe("repinImage", () => {
  it("makes of the image what containerize makes of the bento, building two layers", async () => {
    await using dir = await tempDir();
    const options = await sample(dir);
    const before = await containerize(options);
    const after = await repinned(dir, options.manifest);
    const built: string[] = [];
    const image = await repinImage({
      ...after,
      source: options.layout,
      image: await inspectImage(options.layout, { digest: before.digest }),
      layout: options.layout,
      name: "v2",
      onProgress: (event) => event.kind === "step-end" && built.push(event.step),
    });
    expect(built).toEqual(["build layer model iris:v2", "build layer app"]);
    const layout = await createLayout(join(dir.path, "anew"));
    expect(image).toEqual(await containerize({ ...options, ...after, layout }));
    const kept = before.layers.filter(({ digest }) =>
      image.layers.some((layer) => layer.digest === digest),
    );
    expect(kept.map(({ title }) => title)).toEqual(["os", "natives"]);
    expect((await options.layout.images()).length).toBe(2);
  });
});

describe("rebaseImage", () => {
  const entries = [
    { ...tarFile("opt/node/bin/node", "another node"), executable: true },
    ...sampleLibraries(),
  ];

  it("makes of the image what containerize makes of the bento on the other base", async () => {
    await using dir = await tempDir();
    const options = await sample(dir);
    await containerize(options);
    const labels = { "org.bentokit.node": "/opt/node/bin/node", newer: "yes" };
    const written = await writeSampleBase(join(dir.path, "newer"), { entries, labels });
    const base = { ...written, nodePath: "/opt/node/bin/node" };
    const image = await inspectImage(options.layout);
    const layout = await createLayout(join(dir.path, "rebased"));
    const rebased = await rebaseImage({ source: options.layout, image, base, layout });
    const anew = await createLayout(join(dir.path, "anew"));
    expect(rebased).toEqual(await containerize({ ...options, base, layout: anew }));
    expect(rebased.layers.slice(1)).toEqual(image.layers.slice(1));
    for (const layer of rebased.manifest.layers) {
      expect(await layout.hasBlob(layer)).toBe(true);
    }
  });

  it("refuses a base that lacks what native code needs", async () => {
    await using dir = await tempDir();
    const options = await sample(dir);
    const path = "bin/napi-v6/linux/x64/onnxruntime_binding.node";
    await writeFiles(options.onnxruntimeDirectory, { [path]: elfFile({ needed: ["libm.so.6"] }) });
    await containerize(options);
    const base = await writeSampleBase(join(dir.path, "bare"), { entries: entries.slice(0, 1) });
    const image = await inspectImage(options.layout);
    const { layout } = options;
    await expect(rebaseImage({ source: layout, image, base, layout })).rejects.toThrow(
      expect.objectContaining({
        code: "BENTO_UNSUPPORTED",
        message: `app/node_modules/onnxruntime-node/${path} needs libm.so.6, which the base lacks`,
      }),
    );
    expect((await layout.images()).length).toBe(1);
  });
});
