/**
 * Who uses a version: what is used is not deleted by mistake.
 *
 * @module
 */

import { BentoError } from "../core/bento-error.ts";
import type { BentoManifest } from "../core/bento-manifest.ts";
import type { PlannedBento } from "../core/plan.ts";
import { type ExactTag, formatTag } from "../core/tag.ts";
import { listAliases } from "./aliases.ts";
import type { DeploymentPlace, DeploymentStore } from "./deployments.ts";
import type { WaitOptions } from "./driver.ts";
import { findVersion, listNames, listVersions, type Shelf } from "./shelf.ts";

/** One user of a version, in words: `alias production`, `bento iris:3f2a…`, `deployment iris on aws-lambda (prod)`. */
export type Reference = string;

/** Aliases of a name that mean the version. */
export async function aliasReferences<Manifest extends ExactTag>(
  shelf: Shelf<Manifest>,
  tag: ExactTag,
  options?: WaitOptions,
): Promise<Reference[]> {
  const aliases = Object.entries(await listAliases(shelf, tag.name, options));
  return aliases
    .filter(([, version]) => version === tag.version)
    .map(([alias]) => `alias ${alias}`);
}

/** Bentos that hold the model. */
export async function bentoReferences(
  bentos: Shelf<BentoManifest>,
  model: ExactTag,
  options?: WaitOptions,
): Promise<Reference[]> {
  const references: Reference[] = [];
  for await (const name of listNames(bentos, options)) {
    for await (const version of listVersions(bentos, name, options)) {
      const bento = await findVersion(bentos, { name, version }, options);
      const isUsed = bento?.manifest.models.some(
        (used) => used.name === model.name && used.version === model.version,
      );
      if (isUsed === true) {
        references.push(`bento ${name}:${version}`);
      }
    }
  }
  return references;
}

/** Deployments that run the bento, or a bento with the model. */
export async function deploymentReferences(
  deployments: DeploymentStore,
  kind: "models" | "bentos",
  tag: ExactTag,
): Promise<Reference[]> {
  const references: Reference[] = [];
  for await (const { environment, platform, name } of deployments.list()) {
    const bentos = await bentosWithTraffic(deployments, { environment, platform, name });
    const used =
      kind === "bentos"
        ? bentos.map(formatTag)
        : bentos.flatMap(({ models }) => Object.values(models).map((model) => model.tag));
    if (used.includes(formatTag(tag))) {
      references.push(`deployment ${name} on ${platform} (${environment})`);
    }
  }
  return references;
}

/** What a deployment runs as far as is known: while a canary is under way, also what has the rest of the traffic. */
async function bentosWithTraffic(
  deployments: DeploymentStore,
  place: DeploymentPlace,
): Promise<PlannedBento[]> {
  const bentos: PlannedBento[] = [];
  for await (const { outcome, bento, canary } of deployments.history(place)) {
    if (outcome === "destroyed") {
      break;
    }
    if (outcome === "succeeded") {
      bentos.push(bento);
      if (canary === undefined) {
        break;
      }
    }
  }
  return bentos;
}

/**
 * @throws BentoError BENTO_CONFLICT that names every user of the version
 */
export function checkUnused(noun: string, tag: ExactTag, references: readonly Reference[]): void {
  if (references.length > 0) {
    throw new BentoError(
      "BENTO_CONFLICT",
      `${noun} ${formatTag(tag)} is used by ${references.join(", ")}`,
      {
        hint: "delete or move those first, or say --force to delete it all the same",
      },
    );
  }
}
