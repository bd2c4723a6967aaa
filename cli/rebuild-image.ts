/**
 * Builds the image of a stored bento once more, to be compared with one that claims to hold it.
 *
 * @module
 */
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import { BentoError } from "../core/bento-error.ts";
import { parseTag } from "../core/tag.ts";
import { sweepLeftovers } from "../oci/leftovers.ts";
import type { RebuildFinding } from "../packager/image/verify-rebuild.ts";
import { installedRuntime } from "./actions/containerize.ts";
import { type CliContext, homeOf } from "./context.ts";
import type { FoundImage } from "./image-source.ts";
import { cacheOf, storeOf } from "./store.ts";

/** @throws BentoError BENTO_NOT_FOUND when the store has not the bento that the image names */
export async function rebuildFindings(
  context: CliContext,
  image: FoundImage,
  storeUrl: string | undefined,
): Promise<RebuildFinding[]> {
  const { createLayout } = await import("../oci/layout.ts");
  const { verifyRebuild } = await import("../packager/image/verify-rebuild.ts");
  const { signal } = context;
  const store = await storeOf(context, storeUrl);
  const { manifest } = await store.bentos.get(parseTag(tagInside(image)));
  const bentoDirectory = await store.bentos.materialise(manifest, cacheOf(context), { signal });
  const onnxruntimeDirectory = await installedRuntime(manifest);
  const work = join(homeOf(context), "tmp");
  await mkdir(work, { recursive: true });
  await sweepLeftovers([work], { isTemporary: (name) => name.startsWith("rebuild-") });
  const scratch = await mkdtemp(join(work, "rebuild-"));
  try {
    return await verifyRebuild({
      image,
      bentoDirectory,
      manifest,
      onnxruntimeDirectory,
      scratch: await createLayout(scratch),
      signal,
    });
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

function tagInside({ config, text }: FoundImage): string {
  const labels = config.config?.Labels ?? {};
  const [name, version] = [labels["org.bentokit.bento"], labels["org.bentokit.version"]];
  if (name === undefined || version === undefined) {
    throw new BentoError("BENTO_UNSUPPORTED", "the image does not say which bento it holds", {
      where: text,
      hint: "only images made by bento containerize can be built again",
    });
  }
  return `${name}:${version}`;
}
