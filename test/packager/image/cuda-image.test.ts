import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { formatBentoYaml } from "../../../model-store/bento-yaml.ts";
import { inspectImage } from "../../../oci/inspect-image.ts";
import { createLayout } from "../../../oci/layout.ts";
import { layerPaths, lintImage } from "../../../oci/lint.ts";
import { type TarEntry, tarFile } from "../../../oci/tar-entry.ts";
import { resolveBase } from "../../../packager/base/resolve-base.ts";
import { type ContainerizeOptions, containerize } from "../../../packager/image/containerize.ts";
import { rebaseImage } from "../../../packager/image/rebase-image.ts";
import { verifyRebuild } from "../../../packager/image/verify-rebuild.ts";
import { elfFile } from "../../support/elf-file.ts";
import { type TempDir, tempDir } from "../../support/temp-dir.ts";
import {
  writeFiles,
  writeSampleBase,
  writeSampleBento,
  writeSampleOnnxruntime,
} from "./sample-bento.ts";
import { sampleLibraries } from "./sample-libraries.ts";

/** A provider that asks for CUDA as onnxruntime's does. */
const NEEDED = ["libcublasLt.so.12", "libcublas.so.12", "libcurand.so.10", "libcudart.so.12"];
const PROVIDER = elfFile({
  soname: "libonnxruntime_providers_cuda.so",
  needed: [...NEEDED, "libcuda.so.1", "libc.so.6"],
  versionNeeds: { "libcudart.so.12": ["libcudart.so.12"], "libc.so.6": ["GLIBC_2.27"] },
});
const SHARED = elfFile({ soname: "libonnxruntime_providers_shared.so", needed: ["libc.so.6"] });

/** As NVIDIA's base images: CUDA, cuDNN, no Node. */
const cudaBase = (names: readonly string[]): TarEntry[] => [
  ...sampleLibraries(),
  ...names.map((soname) =>
    tarFile(
      `usr/local/cuda-12.8/targets/x86_64-linux/lib/${soname}`,
      elfFile({ soname, versionDefinitions: [soname] }),
    ),
  ),
];

async function sample(
  dir: TempDir,
  names: readonly string[] = [...NEEDED, "libcudnn.so.9"],
): Promise<ContainerizeOptions> {
  const bentoDirectory = join(dir.path, "bento");
  const manifest = await writeSampleBento(bentoDirectory);
  const folder = join(dir.path, "cuda");
  await writeFiles(folder, { cuda: PROVIDER, shared: SHARED, node: "node" });
  await writeSampleBase(join(dir.path, "base"), { entries: cudaBase(names), labels: {} });
  await writeFiles(bentoDirectory, { "bento.yaml": await formatBentoYaml(manifest) });
  const platform = "linux/amd64";
  return {
    bentoDirectory,
    manifest,
    base: await resolveBase({
      base: `oci:${join(dir.path, "base")}`,
      platform,
      mayLackNode: true,
      cacheDirectory: dir.path,
    }),
    platform,
    onnxruntimeDirectory: await writeSampleOnnxruntime(join(dir.path, "onnxruntime-node")),
    cuda: {
      digest: `sha256:${"0".repeat(64)}`,
      files: {
        "libonnxruntime_providers_cuda.so": join(folder, "cuda"),
        "libonnxruntime_providers_shared.so": join(folder, "shared"),
      },
    },
    nodeBinary: join(folder, "node"),
    layout: await createLayout(join(dir.path, "image")),
  };
}

describe("containerize for cuda12", () => {
  it("puts the providers beside onnxruntime in a layer of their own, Node where it is absent, and asks for the GPU", async () => {
    await using dir = await tempDir();
    const options = await sample(dir);
    const made = await containerize(options);
    expect(made.layers.map(({ title }) => title)).toEqual([
      "os",
      "node",
      "natives",
      "cuda",
      "model iris:v1",
      "app",
    ]);
    const image = await inspectImage(options.layout);
    const paths = await Promise.all(
      image.manifest.layers.map((layer) => layerPaths(options.layout, layer)),
    );
    expect(paths[1]?.at(-1)).toBe("usr/local/bin/node");
    expect(paths[3]?.slice(-3)).toEqual([
      "app/node_modules/onnxruntime-node/bin/napi-v6/linux/x64/",
      "app/node_modules/onnxruntime-node/bin/napi-v6/linux/x64/libonnxruntime_providers_cuda.so",
      "app/node_modules/onnxruntime-node/bin/napi-v6/linux/x64/libonnxruntime_providers_shared.so",
    ]);
    expect(image.config.config?.Env?.filter((line) => line.startsWith("NVIDIA"))).toEqual([
      "NVIDIA_DRIVER_CAPABILITIES=compute,utility",
      "NVIDIA_VISIBLE_DEVICES=all",
    ]);
    const { mediaType } = image.descriptor;
    expect(lintImage({ mediaType, ...image, layerPaths: paths })).toEqual([]);
  });

  it("differs from the image for the CPU in its GPU parts alone", async () => {
    await using dir = await tempDir();
    const options = await sample(dir);
    const gpu = await containerize(options);
    const cpu = await containerize({ ...options, cuda: undefined });
    const digests = new Set(cpu.layers.map(({ digest }) => digest));
    const own = gpu.layers.filter(({ digest }) => !digests.has(digest));
    expect(own.map(({ title }) => title)).toEqual(["cuda"]);
  });

  it.each<[string, readonly string[], string]>([
    ["cuDNN", NEEDED, "the base lacks libcudnn.so.9"],
    [
      "a library of CUDA",
      ["libcublasLt.so.12", "libcublas.so.12", "libcudart.so.12", "libcudnn.so.9"],
      "app/node_modules/onnxruntime-node/bin/napi-v6/linux/x64/libonnxruntime_providers_cuda.so needs libcurand.so.10, which the base lacks",
    ],
  ])("refuses a base without %s", async (_what, names, message) => {
    await using dir = await tempDir();
    await expect(containerize(await sample(dir, names))).rejects.toThrow(
      expect.objectContaining({ code: "BENTO_UNSUPPORTED", message }),
    );
  });

  it("refuses linux/arm64, and a base without Node when none is given", async () => {
    await using dir = await tempDir();
    const { nodeBinary: _, ...options } = await sample(dir);
    await expect(containerize(options)).rejects.toThrow("the base has no Node");
    const bare = { ...options.base, lacksNode: false };
    await expect(containerize({ ...options, base: bare, platform: "linux/arm64" })).rejects.toThrow(
      expect.objectContaining({ code: "BENTO_UNSUPPORTED" }),
    );
  });

  it("stays a GPU image on another base, and is verified by building it again", async () => {
    await using dir = await tempDir();
    const options = await sample(dir);
    await containerize(options);
    const image = await inspectImage(options.layout);
    const findings = await verifyRebuild({
      ...options,
      image,
      scratch: await createLayout(join(dir.path, "scratch")),
    });
    expect(findings.filter(({ outcome }) => outcome !== "same")).toEqual([]);
    const entries = [...cudaBase([...NEEDED, "libcudnn.so.9"]), tarFile("etc/newer", "")];
    const written = await writeSampleBase(join(dir.path, "newer"), { entries, labels: {} });
    const base = { ...written, lacksNode: true };
    const layout = await createLayout(join(dir.path, "anew"));
    const rebased = await rebaseImage({ source: options.layout, image, base, layout });
    expect(rebased.digest).toBe((await containerize({ ...options, base, layout })).digest);
  });
});
