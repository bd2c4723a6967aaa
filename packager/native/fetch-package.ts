/**
 * Installs an npm package for the image's machine, whatever machine this is: into a cache, with npm's own registry,
 * proxy and integrity settings, and without running anything of the package.
 *
 * @module
 */
import { mkdir, mkdtemp, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { BentoError } from "../../core/bento-error.ts";
import { sweepLeftovers } from "../../oci/leftovers.ts";
import type { ImagePlatform } from "../../oci/manifest.ts";
import { runToolToEnd } from "../base/run-tool.ts";

const PROCESSORS = { "linux/amd64": "x64", "linux/arm64": "arm64" } as const;

export interface FetchPackageOptions {
  readonly name: string;
  /** Exact, or a range such as `24`: the newest of it at the first fetch, kept from then on. */
  readonly version: string;
  readonly platform: ImagePlatform;
  /** Keeps what was installed; safe to delete. */
  readonly cacheDirectory: string;
  /** Program and first arguments. @default npm */
  readonly npm?: readonly [string, ...string[]];
  readonly signal?: AbortSignal | undefined;
}

export interface FetchedPackage {
  /** Folder of the package, with its dependencies in the `node_modules` around it. */
  readonly directory: string;
  readonly version: string;
}

/**
 * @throws BentoError BENTO_UNREACHABLE when npm cannot install it; BENTO_UNSUPPORTED without npm
 */
export async function fetchPackage(options: FetchPackageOptions): Promise<FetchedPackage> {
  const { name, version, platform, cacheDirectory } = options;
  const folder = `${name}@${version}`.replaceAll("/", "+");
  const parent = join(cacheDirectory, "packages", platform.replace("/", "-"));
  const root = join(parent, folder);
  const directory = join(root, "node_modules", name);
  if ((await stat(directory).catch(() => undefined)) === undefined) {
    await mkdir(parent, { recursive: true });
    await sweepLeftovers([parent], { isTemporary: (name) => name.startsWith(".new-") });
    const work = await mkdtemp(join(parent, ".new-"));
    try {
      await install(options, work);
      // another process may have been faster: then its folder stays
      await rename(work, root).catch(() => {});
    } finally {
      await rm(work, { recursive: true, force: true });
    }
  }
  return { directory, version: await versionIn(directory) };
}

async function install(options: FetchPackageOptions, work: string): Promise<void> {
  const { name, version, platform, npm = ["npm"], signal } = options;
  await writeFile(join(work, "package.json"), '{"private":true}\n');
  const target = ["--os=linux", `--cpu=${PROCESSORS[platform]}`, "--libc=glibc"];
  const quiet = ["--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"];
  try {
    // forced: npm refuses a package that does not run on this machine, which is the point
    await runToolToEnd([...npm, "install", "--force", ...target, ...quiet, `${name}@${version}`], {
      directory: work,
      signal,
    });
  } catch (error) {
    if (BentoError.isInstance(error) && error.code === "BENTO_IO") {
      throw new BentoError(
        "BENTO_UNREACHABLE",
        `cannot fetch ${name}@${version}: ${error.message}`,
        {
          where: `npm for ${platform}`,
          hint: "check the network and npm's registry (npm config get registry), then try again",
          cause: error,
        },
      );
    }
    throw error;
  }
}

async function versionIn(directory: string): Promise<string> {
  const value: unknown = JSON.parse(await readFile(join(directory, "package.json"), "utf8"));
  return typeof value === "object" && value !== null && "version" in value
    ? String(value.version)
    : "0.0.0";
}
