/**
 * Picks the one image of an index that runs on a platform. What else an index lists (attestations, other machines) is
 * left alone.
 *
 * @module
 */
import { BentoError } from "../core/bento-error.ts";
import type { Descriptor, ImageIndex, ImagePlatform } from "./manifest.ts";

/**
 * @param where - the index, for the message
 * @throws BentoError BENTO_UNSUPPORTED naming the platforms that are there
 */
export function selectPlatform(
  index: ImageIndex,
  platform: ImagePlatform,
  where: string,
): Descriptor {
  const found = index.manifests.find((item) => platformName(item) === platform);
  if (found === undefined) {
    const names = index.manifests.map(platformName).filter((name) => name !== undefined);
    const offered = [...new Set(names)].filter((name) => !name.startsWith("unknown/"));
    throw new BentoError("BENTO_UNSUPPORTED", `no image for ${platform}`, {
      where,
      hint: `it has ${offered.join(", ") || "none that names its platform"}; choose another base or platform`,
    });
  }
  return found;
}

/** `linux/amd64`; undefined when the descriptor does not say. Variants of arm64 other than v8 do not exist. */
function platformName(descriptor: Descriptor): string | undefined {
  const { platform } = descriptor;
  return platform === undefined ? undefined : `${platform.os}/${platform.architecture}`;
}
