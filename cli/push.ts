/**
 * Sends an image to a registry for the commands that do, with what is attached to it: under the tag that was asked for
 * and under its bento's version.
 *
 * @module
 */
import type { ImageRef } from "../core/image-ref.ts";
import type { OnProgress } from "../core/progress.ts";
import { runStep } from "../core/run-step.ts";
import { copyAttachments } from "../oci/attest/attachment.ts";
import { LAYER_TITLE } from "../oci/inspect-image.ts";
import type { Descriptor } from "../oci/manifest.ts";
import { type PushedImage, pushImage } from "../oci/registry/push-image.ts";
import type { CliContext } from "./context.ts";
import { attachmentsOf, repositoryAttachments } from "./image-attachments.ts";
import type { FoundImage } from "./image-source.ts";
import { registryOptions } from "./registry.ts";

export interface PushOptions {
  readonly image: Pick<FoundImage, "source" | "descriptor" | "config" | "reference">;
  readonly destination: ImageRef;
  /** Repositories that may have layers, as typed. */
  readonly mountFrom?: readonly string[] | undefined;
  readonly onProgress: OnProgress;
}

export interface Pushed extends PushedImage {
  readonly tags: readonly string[];
  /** Documents about the image that are there now. */
  readonly attachments: number;
}

const VERSION_LABEL = "org.bentokit.version";

export async function pushTo(context: CliContext, options: PushOptions): Promise<Pushed> {
  const { image, destination, onProgress } = options;
  const version = image.config.config?.Labels?.[VERSION_LABEL];
  const tags = [destination.tag, version].filter((tag) => tag !== undefined);
  let attachments = 0;
  const pushed = await pushImage({
    ...registryOptions(context, destination.registry),
    source: image.source,
    image: image.descriptor,
    reference: destination,
    tags,
    mountFrom: mountSources(options),
    beforeTags: async () => {
      attachments = await pushAttachments(context, options);
    },
    onProgress,
  });
  return { ...pushed, tags: [...new Set(tags)], attachments };
}

/** SBOM, provenance and signatures go where the image goes. */
async function pushAttachments(
  context: CliContext,
  { image, destination, onProgress }: PushOptions,
): Promise<number> {
  const from = await attachmentsOf(context, image);
  const { digest } = image.descriptor;
  if ((await from.list(digest)).length === 0) {
    return 0;
  }
  const to = repositoryAttachments(context, destination, "push");
  return await runStep(
    onProgress,
    { step: "push attachments", detail: (count) => `${count} documents` },
    () => copyAttachments(from, to, digest),
  );
}

/** Where `bento models push` keeps models beside the image, where the image comes from, and what the user names. */
function mountSources({ image, destination, mountFrom = [] }: PushOptions) {
  const origin = image.reference;
  const same = origin?.registry === destination.registry ? [origin.repository] : [];
  const named = [...mountFrom, ...same].filter((name) => name !== destination.repository);
  const { repository } = destination;
  const parents = [repository, repository.slice(0, Math.max(0, repository.lastIndexOf("/")))];
  return (layer: Descriptor): string[] => {
    const [, model] = /^model ([^:]+):/.exec(layer.annotations?.[LAYER_TITLE] ?? "") ?? [];
    const beside =
      model === undefined
        ? []
        : parents.map((parent) => [parent, "models", model].filter(Boolean).join("/"));
    return [...named, ...beside.reverse()];
  };
}
