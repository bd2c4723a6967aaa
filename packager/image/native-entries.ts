/**
 * The files of onnxruntime-node that inference needs, for the image's platform and no other: a tenth of the package.
 * The list is explicit, so a release with other files fails here and not at the first request.
 *
 * @module
 */
import { readdir, realpath, stat } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import { BentoError } from "../../core/bento-error.ts";
import { diskFile } from "../../oci/directory-entries.ts";
import type { ImagePlatform } from "../../oci/manifest.ts";
import type { TarEntry } from "../../oci/tar-entry.ts";

/** Node's names of processors, which onnxruntime-node's folders carry. */
const ARCHITECTURES = { "linux/amd64": "x64", "linux/arm64": "arm64" } as const;

/** Where onnxruntime's libraries lie in the image. */
export function binariesFolder(platform: ImagePlatform): string {
  return `app/node_modules/onnxruntime-node/${binariesIn(platform)}`;
}

function binariesIn(platform: ImagePlatform): string {
  return `bin/napi-v6/linux/${ARCHITECTURES[platform]}`;
}

/** The package that onnxruntime-node requires at run time; its other dependencies serve its installer. */
const COMMON = "onnxruntime-common";

/**
 * Entries of the layer of natives, below `app/node_modules`.
 *
 * @param directory - of an installed onnxruntime-node; its onnxruntime-common is resolved from there
 * @throws BentoError BENTO_UNSUPPORTED naming each file that is not there
 */
export async function nativeEntries(
  directory: string,
  platform: ImagePlatform,
): Promise<TarEntry[]> {
  const binaries = binariesIn(platform);
  const node = [
    "package.json",
    ...(await scripts(directory, "dist")),
    // The binding finds the library beside itself (RUNPATH $ORIGIN).
    `${binaries}/libonnxruntime.so.1`,
    `${binaries}/onnxruntime_binding.node`,
  ];
  const commonDirectory = await commonOf(directory);
  const common = [
    "package.json",
    "dist/cjs/package.json",
    ...(await scripts(commonDirectory, "dist/cjs")),
  ];
  const wanted = [
    ...node.map((path) => ({ from: directory, name: "onnxruntime-node", path })),
    ...common.map((path) => ({ from: commonDirectory, name: COMMON, path })),
  ];
  const missing = await absent(wanted.map(({ from, path }) => join(from, path)));
  if (missing.length > 0) {
    throw new BentoError(
      "BENTO_UNSUPPORTED",
      missing.map((path) => `not there: ${path}`).join("\n"),
      {
        where: `onnxruntime-node for ${platform}`,
        hint: "install the version that the bento names, with its binaries for Linux",
      },
    );
  }
  return Promise.all(
    wanted.map(({ from, name, path }) =>
      diskFile(join(from, path), `app/node_modules/${name}/${path}`),
    ),
  );
}

async function scripts(directory: string, folder: string): Promise<string[]> {
  const names = await readdir(join(directory, folder)).catch(() => ["index.js"]);
  return names.filter((name) => name.endsWith(".js")).map((name) => `${folder}/${name}`);
}

async function commonOf(directory: string): Promise<string> {
  const require = createRequire(
    join(await realpath(directory).catch(() => directory), "package.json"),
  );
  try {
    // Its package.json is not exported; its entry stands at a known place.
    return require.resolve(COMMON).replace(/[/\\]dist[/\\]cjs[/\\]index\.js$/, "");
  } catch {
    return join(directory, "..", COMMON);
  }
}

async function absent(files: readonly string[]): Promise<string[]> {
  const found = await Promise.all(files.map((file) => stat(file).catch(() => undefined)));
  return files.filter((_, index) => found[index]?.isFile() !== true);
}
