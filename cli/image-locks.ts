/**
 * The two files that write down images: `bento.lock`, what a base's tag means, and `bento.image.json`, what came of a
 * bento.
 *
 * @module
 */
import { access } from "node:fs/promises";
import { join } from "node:path";
import { BentoError } from "../core/bento-error.ts";
import { parseImageRef } from "../core/image-ref.ts";
import type { MadeImage } from "./actions/containerize.ts";
import type { CliContext } from "./context.ts";

/** Writes down which image it is, for a CDK app or a job that deploys it. */
export async function writeImageLock(file: string, made: MadeImage): Promise<void> {
  const { formatImageLock } = await import("../core/image-lock.ts");
  const { replaceFile } = await import("../oci/replace-file.ts");
  const { digest, platform, tag, bentoDigest, baseDigest } = made;
  const [, pushed] = /^registry:(.+)$/.exec(made.output) ?? [];
  const at = pushed === undefined ? undefined : parseImageRef(pushed);
  const lock = formatImageLock({
    schema: 1,
    bento: { tag, digest: bentoDigest },
    image: {
      digest,
      platform,
      ...(at === undefined ? {} : { repository: `${at.registry}/${at.repository}` }),
    },
    base: { digest: baseDigest },
  });
  await replaceFile(file, lock).catch((error: unknown) => {
    throw new BentoError("BENTO_IO", "cannot write the lock file of the image", {
      where: file,
      hint: "name a file in a folder that is there and can be written",
      cause: error,
    });
  });
}

/** A project writes down what its base's tag means; a bento alone, elsewhere, does not. */
export async function baseLockOf(
  context: CliContext,
  updateLock = false,
): Promise<{ file: string; update: boolean } | undefined> {
  const isHere = (name: string) =>
    access(join(context.cwd, name)).then(
      () => true,
      () => false,
    );
  const isProject = (await isHere("bento.lock")) || (await isHere("bentofile.yaml"));
  return updateLock || isProject
    ? { file: join(context.cwd, "bento.lock"), update: updateLock }
    : undefined;
}
