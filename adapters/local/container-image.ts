/**
 * Puts an image of ours into podman's or docker's own store, once: under a name made of its digest, and used by the id
 * that its content gives it there.
 *
 * @module
 */
import { BentoError } from "../../core/bento-error.ts";
import { digestHex } from "../../core/digest.ts";
import { runStep } from "../../core/run-step.ts";
import { archiveBytes } from "../../oci/archive.ts";
import { type ContainerProgram, callProgram, runProgram } from "./container-program.ts";
import type { EngineContext, StartRequest } from "./engine.ts";
import type { LocalImage } from "./local-image.ts";

/** An image may be gigabytes, and some stores write it three times. */
const LOAD_MS = 30 * 60_000;

/**
 * @returns the id by which the engine runs it
 * @throws BentoError BENTO_INTEGRITY when the engine has another image under that name
 */
export async function loadedImage(
  program: ContainerProgram,
  image: LocalImage,
  context: EngineContext,
): Promise<string> {
  const name = imageName(image.descriptor);
  const known = await idOf(program, name, context);
  if (known !== undefined && isSame(known, image)) {
    return known;
  }
  await runStep(context.onProgress, { step: `load image into ${program}` }, async () => {
    const { layout, descriptor } = image;
    const input = await archiveBytes({ layout, image: descriptor, kind: "docker-archive", name });
    await runProgram(program, ["load"], context, { input, limitMs: LOAD_MS });
  });
  const id = await idOf(program, name, context);
  if (id === undefined || !isSame(id, image)) {
    throw new BentoError("BENTO_INTEGRITY", `${program} has ${id ?? "nothing"} as ${name}`, {
      where: `engine ${program}`,
      hint: `expected the image ${image.manifest.config.digest}; look at it: ${program} image inspect ${name}`,
    });
  }
  return id;
}

/** Takes an image away that nothing runs any more; one that is used stays, and so does one that is not there. */
export async function dropImage(
  program: ContainerProgram,
  { image }: Pick<StartRequest, "image">,
  context: EngineContext,
): Promise<void> {
  if (image !== undefined) {
    const name = imageName({ digest: image });
    await callProgram(program, ["image", "rm", name], context, { isCleanup: true }).catch(() => {});
  }
}

/** With a registry's host, or podman asks which one is meant. */
function imageName({ digest }: { readonly digest: NonNullable<StartRequest["image"]> }): string {
  return `localhost/bentokit:${digestHex(digest)}`;
}

async function idOf(
  program: ContainerProgram,
  name: string,
  context: EngineContext,
): Promise<string | undefined> {
  const args = ["image", "inspect", "--format", "{{.Id}}", name];
  const { exitCode, stdout } = await callProgram(program, args, context);
  return exitCode === 0 ? `sha256:${stdout.trim().replace(/^sha256:/, "")}` : undefined;
}

/** Most stores name an image by its config, docker's containerd store by its manifest. */
function isSame(id: string, { manifest, descriptor }: LocalImage): boolean {
  return id === manifest.config.digest || id === descriptor.digest;
}
