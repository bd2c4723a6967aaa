/**
 * onnxruntime's libraries for CUDA 12, which its npm package leaves out: from its NuGet package, by digest. A package
 * that was fetched once is known by its digest from then on, through bento.lock.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { createReadStream, createWriteStream } from "node:fs";
import { mkdir, mkdtemp, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { BentoError } from "../../core/bento-error.ts";
import { type Digest, digestHex } from "../../core/digest.ts";
import type { ByteStream } from "../../oci/chunks.ts";
import { sweepLeftovers } from "../../oci/leftovers.ts";
import { readZip } from "../../oci/zip-file.ts";

/** Names of the libraries, which lie beside libonnxruntime.so.1. TensorRT's is left out: it needs TensorRT. */
const LIBRARIES = [
  "libonnxruntime_providers_cuda.so",
  "libonnxruntime_providers_shared.so",
] as const;
const FOLDER = "runtimes/linux-x64/native";

export interface CudaProvidersOptions {
  /** Of onnxruntime, exact. */
  readonly version: string;
  /**
   * The package: a URL or a file's absolute path.
   *
   * @default what NuGet has for the version
   */
  readonly source?: string | undefined;
  /** What the package must be. @default not known yet: whatever comes is told by its digest */
  readonly expected?: Digest | undefined;
  /** Keeps what was unpacked; safe to delete. */
  readonly cacheDirectory: string;
  /** @default the global one */
  readonly fetch?: typeof fetch;
  readonly signal?: AbortSignal | undefined;
}

export interface CudaProviders {
  /** Of the package. */
  readonly digest: Digest;
  /** Absolute path by library name. */
  readonly files: Readonly<Record<string, string>>;
}

/** Name of the package in bento.lock. */
export function cudaPackageName(version: string): string {
  return `Microsoft.ML.OnnxRuntime.Gpu.Linux ${version}`;
}

/**
 * @throws BentoError BENTO_UNREACHABLE when the package cannot be fetched; BENTO_INTEGRITY when it is not the expected
 * one; BENTO_UNSUPPORTED when the libraries are not in it
 */
export async function cudaProviders(options: CudaProvidersOptions): Promise<CudaProviders> {
  const { version, expected, cacheDirectory } = options;
  const parent = join(cacheDirectory, "cuda");
  const kept = expected === undefined ? undefined : await unpackedAt(parent, version, expected);
  if (kept !== undefined) {
    return kept;
  }
  await mkdir(parent, { recursive: true });
  await sweepLeftovers([parent], { isTemporary: (name) => name.startsWith(".new-") });
  const work = await mkdtemp(join(parent, ".new-"));
  try {
    const digest = await download(options, join(work, "package"));
    await unpack(join(work, "package"), join(work, "files"));
    // another process may have been faster: then its folder stays
    await rename(join(work, "files"), folderOf(parent, version, digest)).catch(() => {});
    const found = await unpackedAt(parent, version, digest);
    if (found === undefined) {
      throw new BentoError("BENTO_IO", "cannot keep the CUDA libraries", { where: parent });
    }
    return found;
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

function folderOf(parent: string, version: string, digest: Digest): string {
  return join(parent, `${version}-${digestHex(digest)}`);
}

async function unpackedAt(
  parent: string,
  version: string,
  digest: Digest,
): Promise<CudaProviders | undefined> {
  const folder = folderOf(parent, version, digest);
  const isThere = (await stat(folder).catch(() => undefined))?.isDirectory() === true;
  const files = Object.fromEntries(LIBRARIES.map((name) => [name, join(folder, name)]));
  return isThere ? { digest, files } : undefined;
}

async function download(options: CudaProvidersOptions, to: string): Promise<Digest> {
  const { source = nugetUrl(options.version), expected, signal } = options;
  const hash = createHash("sha256");
  try {
    await pipeline(
      await openSource(source, options),
      async function* hashed(chunks: ByteStream) {
        for await (const chunk of chunks) {
          hash.update(chunk);
          yield chunk;
        }
      },
      createWriteStream(to),
      signal === undefined ? {} : { signal },
    );
  } catch (error) {
    throw BentoError.isInstance(error) ? error : unreachable(source, error);
  }
  const digest: Digest = `sha256:${hash.digest("hex")}`;
  if (expected !== undefined && digest !== expected) {
    throw new BentoError("BENTO_INTEGRITY", `expected ${expected}, got ${digest}`, {
      where: source,
      hint: "the package is not the one that bento.lock names; look where it comes from before --update-lock takes it",
    });
  }
  return digest;
}

async function openSource(
  source: string,
  { fetch: ask = fetch, signal }: CudaProvidersOptions,
): Promise<ByteStream> {
  if (!/^https?:/.test(source)) {
    return createReadStream(source);
  }
  const response = await ask(source, signal === undefined ? {} : { signal });
  if (!response.ok || response.body === null) {
    throw unreachable(source, new Error(`status ${response.status}`));
  }
  return response.body;
}

async function unpack(archive: string, folder: string): Promise<void> {
  const entries = new Map((await readZip(archive)).map((entry) => [entry.path, entry]));
  await mkdir(folder);
  for (const name of LIBRARIES) {
    const entry = entries.get(`${FOLDER}/${name}`);
    if (entry === undefined) {
      throw new BentoError("BENTO_UNSUPPORTED", `the package has no ${FOLDER}/${name}`, {
        where: "onnxruntime's package for CUDA",
        hint: "give the NuGet package Microsoft.ML.OnnxRuntime.Gpu.Linux of the same version",
      });
    }
    await pipeline(entry.open(), createWriteStream(join(folder, name), { flush: true }));
  }
}

function nugetUrl(version: string): string {
  const name = "microsoft.ml.onnxruntime.gpu.linux";
  return `https://api.nuget.org/v3-flatcontainer/${name}/${version}/${name}.${version}.nupkg`;
}

function unreachable(source: string, cause: unknown): BentoError {
  const reason = cause instanceof Error ? (cause.cause ?? cause) : cause;
  const why = reason instanceof Error ? reason.message : String(reason);
  return new BentoError("BENTO_UNREACHABLE", `cannot fetch onnxruntime's CUDA libraries: ${why}`, {
    where: source,
    hint: "give the package as a file or URL of your own: --cuda-package FILE, or make an image without them: --variant cpu",
    cause,
  });
}
