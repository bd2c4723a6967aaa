/**
 * What a deploy wants, for tests of plans: the stub bento, with an image, on any platform.
 *
 * @module
 */
import type { Adapter, Desired } from "../../adapters/adapter.ts";
import { type BentoManifest, bentoDigest } from "../../core/bento-manifest.ts";
import { digestOf } from "../../core/digest.ts";
import type { PlannedImage } from "../../core/plan.ts";
import { stubManifest } from "./stub-bento.ts";

/** An image that Lambda takes. */
export const STUB_IMAGE: PlannedImage = {
  digest: digestOf("image"),
  platform: "linux/amd64",
  bytes: 97_000_000,
};

/** @param options - as given; defaults are filled in by the adapter's schema */
export function desiredStub(
  adapter: Pick<Adapter, "options">,
  options: object = {},
  overrides: Partial<Desired> & { manifest?: BentoManifest } = {},
): Desired {
  const manifest = overrides.manifest ?? stubManifest();
  return {
    environment: "default",
    name: "stub-service",
    manifest,
    bento: {
      name: manifest.name,
      version: manifest.version,
      digest: bentoDigest(manifest),
      models: {},
    },
    image: STUB_IMAGE,
    options: adapter.options.parse(options),
    variables: {},
    inherited: [],
    ...overrides,
  };
}
