/**
 * Makes a base image from Debian packages and the Node binary, for machines that reach no image registry. The same
 * package versions give the same digest.
 *
 * @module
 */
import type { Digest } from "../../core/digest.ts";
import { type OnProgress, silent } from "../../core/progress.ts";
import { runStep } from "../../core/run-step.ts";
import { formatBytes } from "../../core/units.ts";
import { diskFile } from "../../oci/directory-entries.ts";
import { composeImage, type ImageLayer, writeImage } from "../../oci/image.ts";
import { buildLayer } from "../../oci/layer.ts";
import { createLayout, type OciLayout } from "../../oci/layout.ts";
import type { ImagePlatform } from "../../oci/manifest.ts";
import type { TarEntry } from "../../oci/tar-entry.ts";
import { fetchPackages } from "./debian-packages.ts";
import { debianRootfs } from "./debian-rootfs.ts";
import { nodeFor, type RunningNode } from "./node-binary.ts";

/** Label that says where a base keeps Node. */
export const NODE_LABEL = "org.bentokit.node";

/** Name of the bento, on its images alone. */
export const BENTO_LABEL = "org.bentokit.bento";

const NODE_PATH = "/usr/local/bin/node";

export interface BuildBaseOptions {
  /** Directory of the layout; made when absent. */
  readonly output: string;
  readonly platform: ImagePlatform;
  /** Keeps apt's lists between runs. */
  readonly cacheDirectory: string;
  /** @default process */
  readonly running?: RunningNode;
  readonly onProgress?: OnProgress;
  readonly signal?: AbortSignal | undefined;
}

export interface BuiltBase {
  readonly layout: OciLayout;
  readonly manifestDigest: Digest;
  /** Absolute path of Node in the image. */
  readonly nodePath: string;
}

/**
 * Makes a base of two layers, `os` and `node`.
 *
 * @throws BentoError BENTO_UNSUPPORTED without apt-get; BENTO_UNREACHABLE without a package mirror, or without npm's
 * registry where Node is not installed for the platform
 */
export async function buildBase(options: BuildBaseOptions): Promise<BuiltBase> {
  const { platform, signal, onProgress = silent } = options;
  const { cacheDirectory, running = process } = options;
  const node = await runStep(
    onProgress,
    { step: "find Node", detail: ({ version }) => version },
    () => nodeFor(platform, { running, cacheDirectory, signal }),
  );
  const layout = await createLayout(options.output);
  const packages = await runStep(
    onProgress,
    { step: "fetch Debian packages", detail: (files) => `${files.length} packages` },
    () => fetchPackages({ platform, cacheDirectory, signal }),
  );
  const add = (title: string, entries: () => Promise<TarEntry[]>) =>
    runStep(
      onProgress,
      { step: `build layer ${title}`, detail: (layer) => formatBytes(layer.descriptor.size) },
      async (): Promise<ImageLayer> => {
        const compression = "gzip";
        return {
          title,
          ...(await buildLayer({ entries: await entries(), compression, sink: layout, signal })),
        };
      },
    );
  const layers = [
    await add("os", () => debianRootfs(packages, { signal })),
    await add("node", async () => [
      await diskFile(node.path, NODE_PATH.slice(1), { executable: true }),
    ]),
  ];
  const image = composeImage({
    platform,
    layers,
    start: {
      entrypoint: [NODE_PATH],
      workingDirectory: "/",
      user: "65532:65532",
      env: { SSL_CERT_FILE: "/etc/ssl/certs/ca-certificates.crt" },
      labels: { [NODE_LABEL]: NODE_PATH, "org.bentokit.node.version": node.version },
      ports: [],
    },
  });
  await writeImage(layout, image);
  return { layout, manifestDigest: image.descriptor.digest, nodePath: NODE_PATH };
}
