/**
 * How two images differ: layer by layer, file by file within the layers that changed, and in how they start. Layers
 * that both have are never read.
 *
 * @module
 */

import { createHash } from "node:crypto";
import { canonicalJson } from "../core/canonical-json.ts";
import { type Digest, digestOf } from "../core/digest.ts";
import { type InspectedImage, type LayerInfo, layerInfo } from "./inspect-image.ts";
import { layerArchive } from "./layer-archive.ts";
import type { ImageSource } from "./layout.ts";
import type { Descriptor, ImageConfig } from "./manifest.ts";
import { readTar, type UntarEntry } from "./untar.ts";

/** An image and the place of its blobs. */
export interface ImageToCompare extends InspectedImage {
  readonly source: ImageSource;
}

export interface FileDifference {
  readonly path: string;
  readonly state: "changed" | "added" | "removed";
}

export interface LayerDifference {
  /** What is in it; the newer one's words where there are two. */
  readonly title: string;
  readonly state: "same" | "changed" | "added" | "removed";
  readonly before?: LayerInfo;
  readonly after?: LayerInfo;
  /** Of layers that changed, by path. */
  readonly files: readonly FileDifference[];
}

export interface ValueDifference {
  /** E.g. `User`, `Env.PORT`, `Labels.org.bentokit.version`. */
  readonly name: string;
  /** Absent when the image before has none; others are JSON, texts as they are. */
  readonly before?: string;
  readonly after?: string;
}

export interface ImageDifference {
  readonly layers: readonly LayerDifference[];
  /** How it starts, and what it says of itself, by name. */
  readonly values: readonly ValueDifference[];
  /** Length of all layers in bytes. */
  readonly bytes: { readonly before: number; readonly after: number };
}

/**
 * @returns what differs; layers in the order of the newer image, those that are gone last
 * @throws BentoError BENTO_INTEGRITY when a layer that has to be read is damaged
 */
export async function diffImages(
  before: ImageToCompare,
  after: ImageToCompare,
): Promise<ImageDifference> {
  const layers: LayerDifference[] = [];
  for (const [one, two] of pairLayers(before.manifest.layers, after.manifest.layers)) {
    layers.push(await diffLayer({ ...before, layer: one }, { ...after, layer: two }));
  }
  return {
    layers,
    values: diffValues(valuesOf(before.config), valuesOf(after.config)),
    bytes: { before: totalBytes(before), after: totalBytes(after) },
  };
}

type Pair = readonly [before: Descriptor | undefined, after: Descriptor | undefined];

/** By digest first, then by title, then models by the model's name and others in their order. */
function pairLayers(before: readonly Descriptor[], after: readonly Descriptor[]): Pair[] {
  const left = [...before];
  const partners = new Map<Descriptor, Descriptor>();
  const kinds: ((layer: Descriptor) => string)[] = [
    (layer) => layer.digest,
    (layer) => layerInfo(layer).title,
    (layer) => layerInfo(layer).title.replace(/:[^:]*$/, ""),
  ];
  for (const kindOf of kinds) {
    for (const layer of after.filter((item) => !partners.has(item))) {
      const at = left.findIndex((item) => kindOf(item) === kindOf(layer));
      const [partner] = at < 0 ? [] : left.splice(at, 1);
      if (partner !== undefined) {
        partners.set(layer, partner);
      }
    }
  }
  return [
    ...after.map((layer): Pair => [partners.get(layer), layer]),
    ...left.map((layer): Pair => [layer, undefined]),
  ];
}

interface LayerIn {
  readonly source: ImageSource;
  readonly layer: Descriptor | undefined;
}

async function diffLayer(before: LayerIn, after: LayerIn): Promise<LayerDifference> {
  const [one, two] = [before.layer, after.layer];
  const known = {
    title: layerInfo(two ?? one ?? { mediaType: "", digest: digestOf(""), size: 0 }).title,
    ...(one === undefined ? {} : { before: layerInfo(one) }),
    ...(two === undefined ? {} : { after: layerInfo(two) }),
  };
  if (one === undefined || two === undefined) {
    return { ...known, state: one === undefined ? "added" : "removed", files: [] };
  }
  if (one.digest === two.digest) {
    return { ...known, state: "same", files: [] };
  }
  const files = diffValues(await filesOf(before.source, one), await filesOf(after.source, two)).map(
    (value): FileDifference => ({ path: value.name, state: stateOf(value) }),
  );
  return { ...known, state: "changed", files };
}

function stateOf({ before, after }: ValueDifference): FileDifference["state"] {
  return before === undefined ? "added" : after === undefined ? "removed" : "changed";
}

/** What stands at each path, in a word that is equal exactly when it is the same. */
async function filesOf(source: ImageSource, layer: Descriptor): Promise<Map<string, string>> {
  const archive = layerArchive(source.readBlob(layer), layer.mediaType);
  const files = new Map<string, string>();
  for await (const entry of readTar(archive, { links: "rootfs" })) {
    files.set(entry.path, await wordFor(entry));
  }
  return files;
}

async function wordFor(entry: UntarEntry): Promise<string> {
  if (entry.kind !== "file") {
    return `${entry.kind} ${entry.target ?? entry.isSticky}`;
  }
  const hash = createHash("sha256");
  for await (const chunk of entry.content()) {
    hash.update(chunk);
  }
  const digest: Digest = `sha256:${hash.digest("hex")}`;
  return `${digest} ${entry.isExecutable}`;
}

function diffValues(
  before: ReadonlyMap<string, string>,
  after: ReadonlyMap<string, string>,
): ValueDifference[] {
  const names = [...new Set([...before.keys(), ...after.keys()])].sort();
  return names
    .filter((name) => before.get(name) !== after.get(name))
    .map((name) => {
      const [one, two] = [before.get(name), after.get(name)];
      return {
        name,
        ...(one === undefined ? {} : { before: one }),
        ...(two === undefined ? {} : { after: two }),
      };
    });
}

function valuesOf(config: ImageConfig): Map<string, string> {
  const { Env, Labels, ...run } = config.config ?? {};
  const { architecture, os, created } = config;
  const plain = Object.entries({ architecture, os, created, ...run });
  return new Map([
    ...plain.flatMap(([name, value]) =>
      value === undefined || value === null ? [] : [[name, textOf(value)] as const],
    ),
    ...(Env ?? []).map((line) => {
      const equals = line.indexOf("=");
      return [`Env.${line.slice(0, equals)}`, line.slice(equals + 1)] as const;
    }),
    ...Object.entries(Labels ?? {}).map(([name, value]) => [`Labels.${name}`, value] as const),
  ]);
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : canonicalJson(value);
}

function totalBytes({ manifest }: InspectedImage): number {
  return manifest.layers.reduce((total, layer) => total + layer.size, 0);
}
