/**
 * Images that deployments on this machine are started from: those in the layout `images` of BENTO_HOME, by digest.
 *
 * @module
 */

import { BentoError } from "../../core/bento-error.ts";
import type { Digest } from "../../core/digest.ts";
import { homeImages } from "../../oci/home-images.ts";
import { type InspectedImage, inspectImage } from "../../oci/inspect-image.ts";
import { type OciLayout, openLayout } from "../../oci/layout.ts";
import type { EngineContext, StartRequest } from "./engine.ts";

export interface LocalImage extends InspectedImage {
  readonly layout: OciLayout;
}

/**
 * @throws BentoError BENTO_NOT_FOUND when it is not there any more; BENTO_UNSUPPORTED for another kind of processor
 */
export async function localImage(
  { image, bento }: Pick<StartRequest, "image" | "bento">,
  { home }: Pick<EngineContext, "home">,
): Promise<LocalImage> {
  if (image === undefined) {
    throw new BentoError("BENTO_BUG", `a deployment of the image of ${bento.tag} without an image`);
  }
  const layout = await openLayout(homeImages(home));
  return { layout, ...(await found(layout, image, bento.tag)) };
}

async function found(layout: OciLayout, digest: Digest, tag: string): Promise<InspectedImage> {
  const inspected = await inspectImage(layout, { digest }).catch((cause: unknown) => {
    throw BentoError.isInstance(cause) && cause.code === "BENTO_NOT_FOUND"
      ? new BentoError("BENTO_NOT_FOUND", `the image ${digest} is not there`, {
          where: layout.directory,
          hint: `make it again: bento containerize ${tag}`,
          cause,
        })
      : cause;
  });
  const { architecture } = inspected.config;
  const own = process.arch === "x64" ? "amd64" : process.arch;
  if (architecture !== own) {
    throw new BentoError("BENTO_UNSUPPORTED", `the image is for ${architecture}, not ${own}`, {
      where: digest,
      hint: `make one for this machine: bento containerize ${tag} --platform linux/${own}`,
    });
  }
  return inspected;
}

/** How the image starts, with a deployment's settings over its own. */
export interface ImageStart {
  /** Program and arguments; the program absolute. */
  readonly command: readonly string[];
  readonly directory: string;
  readonly user: string;
  readonly environment: Readonly<Record<string, string>>;
}

/** @param settings - variables over the image's own */
export function imageStart(
  { config }: Pick<InspectedImage, "config">,
  settings: Readonly<Record<string, string>>,
): ImageStart {
  const run = config.config ?? {};
  const own = (run.Env ?? []).map((line): [string, string] => {
    const equals = line.indexOf("=");
    return [line.slice(0, equals), line.slice(equals + 1)];
  });
  return {
    command: [...(run.Entrypoint ?? []), ...(run.Cmd ?? [])],
    directory: run.WorkingDir ?? "/",
    user: run.User ?? "0:0",
    environment: { ...Object.fromEntries(own), ...settings },
  };
}

/** Variables that a deployment sets: its own, and those that it takes over from the caller. */
export function settingsOf(
  request: Pick<StartRequest, "variables" | "inherited">,
  { ambient }: Pick<EngineContext, "ambient">,
): Record<string, string> {
  const inherited = request.inherited.flatMap((name) => {
    const value = ambient[name];
    return value === undefined ? [] : [[name, value] as const];
  });
  return { ...Object.fromEntries(inherited), ...request.variables };
}
