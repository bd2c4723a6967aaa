/**
 * A model as an artifact in a registry: its manifest is the config, its layer is the very blob that images carry.
 *
 * @module
 */
import * as z from "zod";
import { BentoError } from "../../core/bento-error.ts";
import { canonicalJson } from "../../core/canonical-json.ts";
import { digestOf } from "../../core/digest.ts";
import { type ImageRef, parseImageRef } from "../../core/image-ref.ts";
import type { ModelManifest } from "../../core/model-manifest.ts";
import type { ExactTag } from "../../core/tag.ts";
import { LAYER_TITLE, LAYER_UNCOMPRESSED } from "../../oci/inspect-image.ts";
import type { BuiltLayer } from "../../oci/layer.ts";
import { type Descriptor, ImageManifest } from "../../oci/manifest.ts";
import { OCI_MANIFEST } from "../../oci/media-type.ts";
import { modelLayerTitle } from "./model-layer.ts";

const MODEL_ARTIFACT = "application/vnd.bentokit.model.v1+json";
export const MODEL_CONFIG = "application/vnd.bentokit.model.config.v1+json";
const LAYER_DIFF_ID = "org.bentokit.diff-id";
const CREATED = "org.opencontainers.image.created";

/** The manifest of such an artifact. */
export const ModelArtifact = ImageManifest.extend({
  artifactType: z.literal(MODEL_ARTIFACT),
  layers: ImageManifest.shape.layers.length(1),
});
export type ModelArtifact = z.infer<typeof ModelArtifact>;

export interface ModelArtifactParts {
  readonly model: ModelManifest;
  /** When the store got it, ISO 8601. */
  readonly registeredAt: string;
  readonly layer: BuiltLayer;
}

export function modelArtifact({ model, registeredAt, layer }: ModelArtifactParts): ModelArtifact {
  return {
    schemaVersion: 2,
    mediaType: OCI_MANIFEST,
    artifactType: MODEL_ARTIFACT,
    config: modelConfig(model),
    layers: [
      {
        ...layer.descriptor,
        annotations: {
          [LAYER_TITLE]: modelLayerTitle(model),
          [LAYER_DIFF_ID]: layer.diffId,
          [LAYER_UNCOMPRESSED]: String(layer.uncompressedBytes),
        },
      },
    ],
    annotations: {
      [CREATED]: registeredAt,
      "org.opencontainers.image.title": model.name,
      "org.opencontainers.image.version": model.version,
    },
  };
}

/** The descriptor of the blob that is the model's manifest in its canonical form. */
export function modelConfig(model: ModelManifest): Descriptor {
  const bytes = canonicalJson(model);
  return { mediaType: MODEL_CONFIG, digest: digestOf(bytes), size: Buffer.byteLength(bytes) };
}

/** When the store that it was pushed from got the model; undefined when it does not say. */
export function registeredAtOf(artifact: ModelArtifact): string | undefined {
  const text = artifact.annotations?.[CREATED];
  return z.iso.datetime().safeParse(text).data;
}

/** Where a registry keeps models: `PREFIX/models/NAME:VERSION`. */
export interface ModelPlace {
  readonly registry: string;
  /** Path before `/models/`; may be empty. */
  readonly prefix: string;
}

/**
 * Reads `oci://HOST[/PREFIX]`.
 *
 * @throws BentoError BENTO_INVALID_INPUT when it is no such address
 */
export function parseModelPlace(url: string): ModelPlace {
  const [, registry = "", prefix = ""] = /^oci:\/\/([^/]+)((?:\/[^/]+)*)\/?$/.exec(url) ?? [];
  if (registry === "") {
    throw new BentoError("BENTO_INVALID_INPUT", `not a place for models: ${JSON.stringify(url)}`, {
      hint: "write it as oci://HOST/PREFIX, e.g. oci://registry.example/team",
    });
  }
  if (parseImageRef(`${registry}${prefix}/models`).registry !== registry) {
    throw new BentoError(
      "BENTO_INVALID_INPUT",
      `not a registry's host: ${JSON.stringify(registry)}`,
      {
        where: url,
        hint: "write the whole host, e.g. registry.example or localhost:5000",
      },
    );
  }
  return { registry, prefix: prefix.replace(/^\//, "") };
}

/**
 * The artifact of a model at a place.
 *
 * @throws BentoError BENTO_INVALID_INPUT when registries take no such name
 */
export function modelReference(url: string, { name, version }: ExactTag): ImageRef {
  const { registry, prefix } = parseModelPlace(url);
  const path = [prefix, "models", name].filter(Boolean).join("/");
  return parseImageRef(`${registry}/${path}:${version}`);
}
