/**
 * Fetches Debian packages with an apt state of its own: no root, no earlier update, and the system's own state stays
 * as it is. Which packages these are is up to the system's sources.
 *
 * @module
 */
import { mkdir, readdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { BentoError } from "../../core/bento-error.ts";
import type { ImagePlatform } from "../../oci/manifest.ts";
import { runToolToEnd } from "./run-tool.ts";

/** What Node, onnxruntime and TLS need of an operating system. */
const BASE_PACKAGES = [
  "base-files",
  "ca-certificates",
  "libc6",
  "libgcc-s1",
  "libstdc++6",
  "netbase",
  "tzdata",
] as const;

/** Debian's names of processors. */
const ARCHITECTURES = { "linux/amd64": "amd64", "linux/arm64": "arm64" } as const;

export interface FetchPackagesOptions {
  readonly platform: ImagePlatform;
  /** Keeps lists between runs; package files are fetched anew, so that it never grows. */
  readonly cacheDirectory: string;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Downloads the newest version of each base package.
 *
 * @returns paths of the .deb files, sorted
 * @throws BentoError BENTO_UNSUPPORTED without apt-get; BENTO_UNREACHABLE when the mirror does not answer
 */
export async function fetchPackages(options: FetchPackagesOptions): Promise<string[]> {
  const directory = join(options.cacheDirectory, "apt", ARCHITECTURES[options.platform]);
  const packages = join(directory, "packages");
  await rm(packages, { recursive: true, force: true });
  for (const folder of ["state/lists/partial", "cache/archives/partial", "packages"]) {
    await mkdir(join(directory, folder), { recursive: true });
  }
  await writeFile(join(directory, "state", "status"), "");
  const config = join(directory, "apt.conf");
  await writeFile(config, aptConfig(directory, ARCHITECTURES[options.platform]));
  const run = { directory: packages, signal: options.signal };
  // An update fails when any source does, also one that is not needed: the download decides.
  const update = await attempt(() => runToolToEnd(["apt-get", "-c", config, "update"], run));
  const download = await attempt(() =>
    runToolToEnd(["apt-get", "-c", config, "download", ...BASE_PACKAGES], run),
  );
  if (download !== undefined) {
    throw cannotFetch(update ?? download);
  }
  const files = (await readdir(packages)).filter((name) => name.endsWith(".deb")).sort();
  return files.map((name) => join(packages, name));
}

/** Read after the system's configuration, whose sources and proxies stay; its hooks touch the system's own cache. */
function aptConfig(directory: string, architecture: string): string {
  return [
    "#clear APT::Update::Post-Invoke;",
    "#clear APT::Update::Post-Invoke-Success;",
    "#clear APT::Architectures;",
    "#clear Acquire::Languages;",
    `APT::Architecture "${architecture}";`,
    `APT::Architectures { "${architecture}"; };`,
    // Root would drop to a user that cannot write here.
    'APT::Sandbox::User "root";',
    'Acquire::Languages "none";',
    'Acquire::Retries "1";',
    'Acquire::http::Timeout "15";',
    'Acquire::https::Timeout "15";',
    `Dir::State ${quoted(join(directory, "state"))};`,
    `Dir::State::status ${quoted(join(directory, "state", "status"))};`,
    `Dir::Cache ${quoted(join(directory, "cache"))};`,
    "",
  ].join("\n");
}

function quoted(path: string): string {
  return `"${path.replaceAll('"', "")}"`;
}

/** The error of work that failed, if BENTO_IO: others are not about the mirror. */
async function attempt(work: () => Promise<unknown>): Promise<BentoError | undefined> {
  try {
    await work();
    return undefined;
  } catch (error) {
    if (BentoError.isInstance(error) && error.code === "BENTO_IO") {
      return error;
    }
    throw error;
  }
}

function cannotFetch(error: BentoError): BentoError {
  return new BentoError("BENTO_UNREACHABLE", `cannot fetch Debian packages: ${error.message}`, {
    where: error.where,
    hint: "check the network and the sources in /etc/apt, or name a base image: --base REF or --base oci:DIR",
    cause: error,
  });
}
