/**
 * A bento as plans and records name it.
 *
 * @module
 */
import { type BentoManifest, type BentoModel, bentoDigest } from "../core/bento-manifest.ts";
import type { PlannedBento } from "../core/plan.ts";
import { formatTag, LATEST, parseTag } from "../core/tag.ts";

/** @param asked - tags of models by their name in the service, where they were asked for since the bento was made */
export function plannedBento(
  manifest: BentoManifest,
  asked: Readonly<Record<string, string>> = {},
): PlannedBento {
  return {
    name: manifest.name,
    version: manifest.version,
    digest: bentoDigest(manifest),
    models: Object.fromEntries(
      manifest.models.map((model) => [
        model.key,
        {
          tag: formatTag({ name: model.name, version: model.version }),
          digest: model.digest,
          ...askedOf(model, asked[model.key] ?? model.asked),
        },
      ]),
    ),
  };
}

/** Nothing for a file of the project, for the latest version and for the exact one. */
function askedOf({ name, version }: BentoModel, asked: string): { asked?: string } {
  try {
    const tag = parseTag(asked);
    const isFree = tag.version === undefined || tag.version === LATEST || tag.version === version;
    return isFree || tag.name !== name ? {} : { asked };
  } catch {
    return {};
  }
}
