/**
 * An image with this machine's own Node and the libraries that it needs, made in a second and without a network, for
 * tests of what runs images. It runs on this machine alone.
 *
 * @module
 */
import { execFileSync } from "node:child_process";
import { realpath } from "node:fs/promises";
import { join } from "node:path";
import type { PlannedImage } from "../../core/plan.ts";
import { diskFile } from "../../oci/directory-entries.ts";
import { composeImage, writeImage } from "../../oci/image.ts";
import { buildLayer } from "../../oci/layer.ts";
import type { OciLayout } from "../../oci/layout.ts";
import type { TarEntry } from "../../oci/tar-entry.ts";

const NODE = "/usr/local/bin/node";

/**
 * @param directory - becomes `/app`
 * @param files - of it, relative; `src/main.js` is started
 * @param name - in the layout
 */
export async function hostImage(
  layout: OciLayout,
  { directory, files, name }: { directory: string; files: readonly string[]; name: string },
): Promise<PlannedImage> {
  const app = await Promise.all(
    files.map((path) => diskFile(join(directory, path), `app/${path}`)),
  );
  const layers = [
    { title: "host", ...(await layer(layout, await hostEntries())) },
    { title: "app", ...(await layer(layout, app)) },
  ];
  const image = composeImage({
    platform: process.arch === "arm64" ? "linux/arm64" : "linux/amd64",
    layers,
    start: {
      entrypoint: [NODE, "/app/src/main.js"],
      workingDirectory: "/app",
      user: "65532:65532",
      env: { HOME: "/tmp", NODE_ENV: "production" },
      labels: {},
      ports: [3000],
    },
  });
  await writeImage(layout, image, name);
  const bytes = image.manifest.layers.reduce((total, { size }) => total + size, 0);
  const { os, architecture } = image.config;
  return { digest: image.descriptor.digest, platform: `${os}/${architecture}`, bytes };
}

function layer(layout: OciLayout, entries: readonly TarEntry[]) {
  return buildLayer({ entries, compression: "stored", sink: layout });
}

async function hostEntries(): Promise<TarEntry[]> {
  const said = execFileSync("ldd", [process.execPath], { encoding: "utf8" });
  const libraries = [...said.matchAll(/(\/\S+) \(0x/g)].map(([, path = ""]) => path);
  return [
    { kind: "directory", path: "tmp", shared: true },
    await diskFile(process.execPath, NODE.slice(1), { executable: true }),
    ...(await Promise.all(
      libraries.map(async (path) =>
        diskFile(await realpath(path), path.slice(1), { executable: true }),
      ),
    )),
  ];
}
