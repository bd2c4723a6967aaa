/**
 * Checks that what native code asks for is there: each library, and each version of its symbols, in the base or beside
 * it. Otherwise the image would build, be pushed, and die at its first start.
 *
 * @module
 */
import * as z from "zod";
import { BentoError } from "../../core/bento-error.ts";
import { digestOf } from "../../core/digest.ts";
import type { ByteStream } from "../../oci/chunks.ts";
import type { DocumentMemo } from "../../oci/document-memo.ts";
import { BinaryFormat, binaryFormat, ElfFacts, type ReadAt, readElf } from "../../oci/elf.ts";
import type { ImagePlatform } from "../../oci/manifest.ts";
import type { TarEntry, TarFile } from "../../oci/tar-entry.ts";
import type { BaseFacts } from "../base/base-facts.ts";
import type { ImageVariant } from "./start-config.ts";

/** A file of native code: what it asks for, or what else it is. */
export const NativeFile = z.strictObject({
  path: z.string(),
  format: BinaryFormat,
  elf: ElfFacts.optional(),
});
export type NativeFile = z.infer<typeof NativeFile>;

const MACHINES = { "linux/amd64": "x64", "linux/arm64": "arm64" } as const;
const FORMATS = {
  elf: "built for Linux",
  "mach-o": "built for macOS",
  pe: "built for Windows",
  other: "no library at all",
} as const;

/** Whether a file is native code by its name: `.node`, `.so`, `.so.1`. */
export function isNativePath(path: string): boolean {
  return /\.(?:node|so(?:\.\d+)*)$/.test(path);
}

/**
 * Native code among a layer's entries: `.node` files and shared libraries.
 *
 * @param memo - keeps what was found, for files whose content is known without reading it
 */
export async function nativeFiles(
  entries: readonly TarEntry[],
  memo?: DocumentMemo | undefined,
): Promise<NativeFile[]> {
  const found: NativeFile[] = [];
  for (const entry of entries) {
    if (entry.kind === "file" && isNativePath(entry.path)) {
      const read = () => readNative(entry);
      const key = entry.identity && digestOf(`native 1 ${entry.path} ${entry.identity}`);
      found.push(key && memo ? await memo.remember(key, NativeFile, read) : await read());
    }
  }
  return found;
}

/**
 * @throws BentoError BENTO_UNSUPPORTED with a line for each thing that is not there
 */
export function checkNatives(
  files: readonly NativeFile[],
  platform: ImagePlatform,
  base: BaseFacts,
): void {
  const problems = files.flatMap((file) => problemsOf(file, { files, platform, base }));
  if (problems.length > 0) {
    throw new BentoError("BENTO_UNSUPPORTED", problems.join("\n"), {
      where: `native code for ${platform}`,
      hint: "use a base with these libraries (a newer Debian has newer versions), or a release of the package for older systems",
    });
  }
}

/** What onnxruntime's CUDA libraries load when they start, beyond what they are linked to. */
const CUDA_LIBRARIES = ["libcudart.so.12", "libcudnn.so.9"];

/**
 * @throws BentoError BENTO_UNSUPPORTED when an image that computes on a GPU could not do so on the base
 */
export function checkCudaBase(
  variant: ImageVariant,
  platform: ImagePlatform,
  base: BaseFacts,
): void {
  if (variant === "cpu") {
    return;
  }
  if (platform !== "linux/amd64") {
    throw new BentoError("BENTO_UNSUPPORTED", `onnxruntime has no CUDA libraries for ${platform}`, {
      hint: "make it for linux/amd64, or without a GPU: --variant cpu",
    });
  }
  const missing = CUDA_LIBRARIES.filter((name) => !(name in base.libraries));
  if (missing.length > 0) {
    throw new BentoError("BENTO_UNSUPPORTED", `the base lacks ${missing.join(" and ")}`, {
      where: "base of a GPU image",
      hint: "use one with CUDA 12 and cuDNN 9, e.g. nvidia/cuda:12.8.1-cudnn-runtime-ubuntu22.04",
    });
  }
}

/** Of NVIDIA's driver: the container runtime puts them there from the machine, no image has them. */
const DRIVER_LIBRARIES = ["libcuda.so.1", "libnvidia-ml.so.1"];

interface Surroundings {
  readonly files: readonly NativeFile[];
  readonly platform: ImagePlatform;
  readonly base: BaseFacts;
}

function problemsOf({ path, format, elf }: NativeFile, around: Surroundings): string[] {
  if (elf === undefined) {
    return [`${path} is ${FORMATS[format]}`];
  }
  const machine = MACHINES[around.platform];
  if (elf.machine !== machine) {
    return [`${path} is for ${elf.machine}, not ${machine}`];
  }
  if (elf.needed.some((name) => name.startsWith("libc.musl-"))) {
    return [`${path} is built for musl, the base has glibc`];
  }
  const offered = offer(around);
  const missing = elf.needed.filter((name) => !offered.has(name));
  return [
    ...missing.map((name) => `${path} needs ${name}, which the base lacks`),
    ...Object.entries(elf.versionNeeds).flatMap(([library, versions]) => {
      const known = offered.get(library);
      const unmet = versions.filter((version) => known?.includes(version) === false);
      return unmet.map((version) => `${path} needs ${version}, ${newest(library, version, known)}`);
    }),
  ];
}

/** Versions by library, of the base and of the files themselves; null where they are not known. */
function offer({ base, files }: Surroundings): Map<string, readonly string[] | null> {
  const own = files.map(({ path, elf }): [string, readonly string[] | null] => [
    elf?.soname ?? path.split("/").at(-1) ?? path,
    elf?.versionDefinitions ?? null,
  ]);
  const driver = DRIVER_LIBRARIES.map((name) => [name, null] as const);
  return new Map([...driver, ...Object.entries(base.libraries), ...own]);
}

/** `libc.so.6 of the base goes to GLIBC_2.36` */
function newest(
  library: string,
  version: string,
  known: readonly string[] | null | undefined,
): string {
  const family = `${version.split("_")[0]}_`;
  const numbered = (known ?? []).filter((name) => name.startsWith(family) && /_\d/.test(name));
  const last = numbered.sort((a, b) => a.localeCompare(b, "en", { numeric: true })).at(-1);
  return last === undefined
    ? `which ${library} of the base lacks`
    : `${library} of the base goes to ${last}`;
}

async function readNative(file: TarFile): Promise<NativeFile> {
  const readAt = reader(file);
  const format = binaryFormat(await readAt(0, 4));
  const { path } = file;
  return format === "elf" ? { path, format, elf: await readElf(readAt, path) } : { path, format };
}

/** A file is opened anew for each place: its tables are a few, its bytes may be hundreds of millions. */
function reader({ content }: TarFile): ReadAt {
  return async (offset, length) => {
    if (typeof content !== "function") {
      return Buffer.from(content).subarray(offset, offset + length);
    }
    return readRange(content(), offset, length);
  };
}

async function readRange(source: ByteStream, offset: number, length: number): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  let at = 0;
  for await (const chunk of source) {
    const from = Math.max(0, offset - at);
    const to = Math.min(chunk.length, offset + length - at);
    if (from < to) {
      parts.push(chunk.subarray(from, to));
    }
    at += chunk.length;
    if (at >= offset + length) {
      break;
    }
  }
  return Buffer.concat(parts);
}
