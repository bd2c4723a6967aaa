import { execFileSync } from "node:child_process";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { inspectImage } from "../../../oci/inspect-image.ts";
import { createLayout } from "../../../oci/layout.ts";
import { layerPaths, lintImage } from "../../../oci/lint.ts";
import { buildBase } from "../../../packager/base/build-base.ts";
import { containerize } from "../../../packager/image/containerize.ts";
import { tempDir } from "../../support/temp-dir.ts";
import { skipWithout } from "../../support/tools.ts";
import { writeSampleBento } from "./sample-bento.ts";

const ONNXRUNTIME = dirname(
  createRequire(import.meta.url).resolve("onnxruntime-node/package.json"),
);

describe.skipIf(skipWithout("apt-get", "dpkg-deb", "umoci", "npm"))(
  "an image for linux/arm64",
  () => {
    it("is made on this machine, has what its native code needs, lints and unpacks", async () => {
      await using dir = await tempDir();
      const platform = "linux/arm64";
      const output = join(dir.path, "base");
      const base = await buildBase({ output, platform, cacheDirectory: join(dir.path, "cache") });
      const bentoDirectory = join(dir.path, "bento");
      const layout = await createLayout(join(dir.path, "image"));
      await containerize({
        bentoDirectory,
        manifest: await writeSampleBento(bentoDirectory),
        base,
        platform,
        onnxruntimeDirectory: ONNXRUNTIME,
        layout,
        name: "v1",
      });
      const image = await inspectImage(layout);
      const paths = await Promise.all(
        image.manifest.layers.map((layer) => layerPaths(layout, layer)),
      );
      expect(
        lintImage({ mediaType: image.descriptor.mediaType, ...image, layerPaths: paths }),
      ).toEqual([]);
      expect([image.config.os, image.config.architecture]).toEqual(["linux", "arm64"]);
      expect(paths.flat().filter((path) => path.endsWith(".node"))).toEqual([
        "app/node_modules/onnxruntime-node/bin/napi-v6/linux/arm64/onnxruntime_binding.node",
      ]);
      const bundle = join(dir.path, "bundle");
      execFileSync("umoci", ["unpack", "--rootless", "--image", `${layout.directory}:v1`, bundle]);
      const kind = execFileSync("head", ["-c", "20", join(bundle, "rootfs/usr/local/bin/node")]);
      expect(kind.readUInt16LE(18)).toBe(183);
    }, 120_000);
  },
);
