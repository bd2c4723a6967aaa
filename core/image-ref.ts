/**
 * Names of images in registries: `[host[:port]/]repository[:tag][@sha256:…]`, with Docker's defaults written out.
 *
 * @module
 */
import { BentoError } from "./bento-error.ts";
import { type Digest, isDigest } from "./digest.ts";

export interface ImageRef {
  /** Host with its port where one was given, e.g. `registry.example:5000`. */
  readonly registry: string;
  /** Path in the registry, e.g. `team/iris`. */
  readonly repository: string;
  readonly tag?: string;
  readonly digest?: Digest;
}

const REPOSITORY =
  /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*$/;
const REGISTRY =
  /^(?:[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?)*|\[[0-9a-fA-F:]+\])(?::\d{1,5})?$/;
const IMAGE_TAG = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$/;

/**
 * Reads an image's name as `docker pull` would.
 *
 * @throws BentoError BENTO_INVALID_INPUT when a part breaks the rules of the distribution specification
 */
export function parseImageRef(text: string): ImageRef {
  const [beforeDigest = "", digest, ...more] = text.split("@");
  const slash = beforeDigest.indexOf("/");
  const first = slash < 0 ? "" : beforeDigest.slice(0, slash);
  const hasHost = first.includes(".") || first.includes(":") || first === "localhost";
  const registry = hasHost && first !== "index.docker.io" ? first : "docker.io";
  const path = hasHost ? beforeDigest.slice(slash + 1) : beforeDigest;
  const colon = path.lastIndexOf(":");
  const name = colon < 0 ? path : path.slice(0, colon);
  const tag = colon < 0 ? undefined : path.slice(colon + 1);
  const repository = registry === "docker.io" && !name.includes("/") ? `library/${name}` : name;
  const isWrong =
    more.length > 0 ||
    !REGISTRY.test(registry) ||
    !REPOSITORY.test(repository) ||
    (tag !== undefined && !IMAGE_TAG.test(tag)) ||
    (digest !== undefined && !isDigest(digest));
  if (isWrong) {
    throw new BentoError("BENTO_INVALID_INPUT", `not an image reference: ${JSON.stringify(text)}`, {
      hint: "write it as [host/]repository[:tag][@sha256:…], e.g. registry.example/team/iris:v1",
    });
  }
  return {
    registry,
    repository,
    ...(tag === undefined ? {} : { tag }),
    ...(digest === undefined ? {} : { digest: digest as Digest }),
  };
}

/**
 * Reads the name that an image is to get: a repository and perhaps a tag.
 *
 * @throws BentoError BENTO_INVALID_INPUT as parseImageRef does, and for a digest
 */
export function parseDestination(text: string): ImageRef {
  const destination = parseImageRef(text);
  if (destination.digest !== undefined) {
    throw new BentoError("BENTO_INVALID_INPUT", `no name to give: ${JSON.stringify(text)}`, {
      hint: "leave the digest out; it is printed when the image is there",
    });
  }
  return destination;
}

/** Writes a reference so that `parseImageRef` reads the same one. */
export function formatImageRef(ref: ImageRef): string {
  const tag = ref.tag === undefined ? "" : `:${ref.tag}`;
  const digest = ref.digest === undefined ? "" : `@${ref.digest}`;
  return `${ref.registry}/${ref.repository}${tag}${digest}`;
}
