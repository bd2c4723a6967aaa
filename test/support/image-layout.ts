/**
 * Small images in layouts of their own, for what moves images and does not run them.
 *
 * @module
 */
import { composeImage, writeImage } from "../../oci/image.ts";
import { buildLayer } from "../../oci/layer.ts";
import { createLayout, type OciLayout } from "../../oci/layout.ts";
import type { Descriptor, ImageManifest } from "../../oci/manifest.ts";
import { tarFile } from "../../oci/tar-entry.ts";

export interface SampleImage {
  readonly layout: OciLayout;
  readonly image: Descriptor;
  readonly manifest: ImageManifest;
}

export interface SampleImageOptions {
  /** A layer for each, by its title; the text is in its only file. */
  readonly layers?: Readonly<Record<string, string | Uint8Array>>;
  /** Label that pushes tag the image with. @default none */
  readonly version?: string;
}

const LAYERS = { base: "base".repeat(9_000), "model iris:v1": "weights".repeat(3_000), app: "app" };

/** An image for linux/amd64, named `sample`. */
export async function sampleImage(
  directory: string,
  { layers = LAYERS, version }: SampleImageOptions = {},
): Promise<SampleImage> {
  const layout = await createLayout(directory);
  const built = [];
  for (const [title, content] of Object.entries(layers)) {
    const entries = [tarFile(`app/${title.replace(":", "-")}`, content)];
    built.push({ title, ...(await buildLayer({ entries, compression: "stored", sink: layout })) });
  }
  const image = composeImage({
    platform: "linux/amd64",
    layers: built,
    start: {
      entrypoint: ["/app/start"],
      workingDirectory: "/app",
      user: "65532:65532",
      env: {},
      labels: version === undefined ? {} : { "org.bentokit.version": version },
      ports: [],
    },
  });
  await writeImage(layout, image, "sample");
  return { layout, image: image.descriptor, manifest: image.manifest };
}
