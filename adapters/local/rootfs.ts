/**
 * Root file systems of images on this machine, unpacked once and kept by digest. One is whole or not there.
 *
 * @module
 */
import { randomUUID } from "node:crypto";
import { lstat, mkdir, open, readdir, rename, rm, stat, utimes } from "node:fs/promises";
import { dirname, join } from "node:path";
import { type Digest, digestHex } from "../../core/digest.ts";
import { runStep } from "../../core/run-step.ts";
import { unpackImage } from "../../oci/unpack-image.ts";
import type { EngineContext } from "./engine.ts";
import type { LocalImage } from "./local-image.ts";

/** What is younger may be at work, or about to be started. */
const KEPT_MS = 24 * 60 * 60 * 1000;

/** Places that are mounted over, which a read-only root cannot make any more. */
const MOUNT_DIRECTORIES = ["proc", "dev", "tmp", "etc"];
const MOUNT_FILES = ["etc/hosts", "etc/resolv.conf"];

/**
 * The unpacked image.
 *
 * @returns absolute path
 * @throws BentoError as unpackImage does
 */
export async function rootfsOf(image: LocalImage, context: EngineContext): Promise<string> {
  const folder = rootfsFolder(context);
  const target = join(folder, digestHex(image.descriptor.digest));
  if (await isThere(target)) {
    const now = new Date();
    await utimes(target, now, now);
    return target;
  }
  const part = join(folder, `.${randomUUID()}.tmp`);
  await mkdir(part, { recursive: true });
  try {
    await runStep(context.onProgress, { step: "unpack image" }, () =>
      unpackImage({ layout: image.layout, image, directory: part, signal: context.signal }),
    );
    await makeMountPoints(part);
    await rename(part, target).catch(async (error: unknown) => {
      // another process was as far first
      if (!(await isThere(target))) {
        throw error;
      }
    });
  } finally {
    await rm(part, { recursive: true, force: true });
  }
  return target;
}

/**
 * Removes what no process uses and nobody has touched for a day, and what killed unpacking left.
 *
 * @param used - images that stay
 */
export async function sweepRootfs(
  context: Pick<EngineContext, "home">,
  used: ReadonlySet<Digest>,
  now: number = Date.now(),
): Promise<void> {
  const folder = rootfsFolder(context);
  for (const name of await readdir(folder).catch(() => [])) {
    const path = join(folder, name);
    const found = await stat(path).catch(() => undefined);
    const isOld = found !== undefined && now - found.mtimeMs > KEPT_MS;
    if (isOld && !used.has(`sha256:${name}`)) {
      await removeWhole(path).catch(() => {});
    }
  }
}

/** Out of sight first: an image that is half removed must not be taken for one that is there. */
async function removeWhole(path: string): Promise<void> {
  const hidden = join(dirname(path), `.${randomUUID()}.tmp`);
  await rename(path, hidden);
  await rm(hidden, { recursive: true, force: true });
}

function rootfsFolder({ home }: Pick<EngineContext, "home">): string {
  return join(home, "rootfs");
}

async function isThere(path: string): Promise<boolean> {
  return (await lstat(path).catch(() => undefined)) !== undefined;
}

/** What is there stays, links too: none of it is followed. */
async function makeMountPoints(root: string): Promise<void> {
  for (const path of MOUNT_DIRECTORIES) {
    if (!(await isThere(join(root, path)))) {
      await mkdir(join(root, path), { mode: 0o755 });
    }
  }
  if (!(await lstat(join(root, "etc"))).isDirectory()) {
    return;
  }
  for (const path of MOUNT_FILES) {
    if (!(await isThere(join(root, path)))) {
      await (await open(join(root, path), "wx", 0o644)).close();
    }
  }
}
