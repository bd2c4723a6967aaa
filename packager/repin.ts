/**
 * A bento with other versions of its models and nothing else changed: no sources, no build. What callers of a model see
 * must stay as it was, or the service's code would meet a model that it was not written for.
 *
 * @module
 */
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import { BentoError } from "../core/bento-error.ts";
import {
  type BentoManifest,
  type BentoModel,
  bentoDigest,
  bentoVersion,
} from "../core/bento-manifest.ts";
import { canonicalJson } from "../core/canonical-json.ts";
import type { Digest } from "../core/digest.ts";
import type { ModelManifest, Signature } from "../core/model-manifest.ts";
import { formatTag, parseTag } from "../core/tag.ts";
import { formatTensorSpec } from "../core/tensor-spec.ts";
import type { Store } from "../model-store/store.ts";
import { sweepLeftovers } from "../oci/leftovers.ts";
import { toBentoModel } from "./resolve-models.ts";

export interface RepinOptions {
  /** Has the bento and the models. */
  readonly store: Store;
  /** A folder for the work; created and left empty. */
  readonly workDirectory: string;
  readonly signal?: AbortSignal | undefined;
}

export interface RepinnedBento {
  readonly manifest: BentoManifest;
  readonly digest: Digest;
  /** `unchanged` when the models were pinned to these versions already: it is the same bento. */
  readonly state: "created" | "exists" | "unchanged";
  readonly changes: readonly ModelChange[];
}

export interface ModelChange {
  /** Name in the service's `models`. */
  readonly key: string;
  /** Exact tags. */
  readonly from: string;
  readonly to: string;
}

/**
 * @param pins - the new tag of each model that changes, by its name in the service
 * @throws BentoError BENTO_USAGE for a name that the service has not; BENTO_NOT_FOUND for a model that the store has
 * not; BENTO_REFUSED with the difference where a model has other inputs, outputs or signatures
 */
export async function repinBento(
  from: BentoManifest,
  pins: Readonly<Record<string, string>>,
  { store, workDirectory, signal }: RepinOptions,
): Promise<RepinnedBento> {
  checkNames(from, pins);
  const models: BentoModel[] = [];
  const problems: string[] = [];
  for (const model of from.models) {
    const asked = pins[model.key];
    const next =
      asked === undefined ? { model, differences: [] } : await pinned(model, asked, store);
    models.push(next.model);
    problems.push(...next.differences.map((line) => `models.${model.key}: ${line}`));
  }
  if (problems.length > 0) {
    throw new BentoError("BENTO_REFUSED", problems.join("\n"), {
      where: formatTag(from),
      hint: "the code was written for the model as it was: change service.ts and build again",
    });
  }
  const changes = models.flatMap((model, index) => changeOf(from.models[index], model));
  if (changes.length === 0) {
    return { manifest: from, digest: bentoDigest(from), state: "unchanged", changes };
  }
  const { version, ...content } = { ...from, models };
  // always the one that was built: the same code with the same models is the same bento, whatever was pinned between
  const repinnedFrom = from.repinnedFrom ?? { version, digest: bentoDigest(from) };
  const repinned = { ...content, repinnedFrom };
  const manifest = { ...repinned, version: bentoVersion(repinned) };
  const state = await save(manifest, { store, workDirectory, signal });
  return { manifest, digest: bentoDigest(manifest), state, changes };
}

function checkNames(from: BentoManifest, pins: Readonly<Record<string, string>>): void {
  const keys = from.models.map(({ key }) => key);
  const unknown = Object.keys(pins).filter((key) => !keys.includes(key));
  if (unknown.length > 0) {
    throw new BentoError("BENTO_USAGE", `the service has no model ${unknown.join(", ")}`, {
      where: formatTag(from),
      hint: keys.length === 0 ? "it has no models" : `its models are ${keys.join(", ")}`,
    });
  }
}

async function pinned(
  model: BentoModel,
  asked: string,
  store: Store,
): Promise<{ model: BentoModel; differences: string[] }> {
  const before = await store.models.get({ name: model.name, version: model.version });
  const after = await store.models.get(parseTag(asked));
  return {
    model: toBentoModel({ key: model.key, asked }, after.manifest, after.digest),
    differences: interfaceDifference(before.manifest, after.manifest),
  };
}

function changeOf(before: BentoModel | undefined, after: BentoModel): ModelChange[] {
  return before === undefined || before.digest === after.digest
    ? []
    : [{ key: after.key, from: formatTag(before), to: formatTag(after) }];
}

/** All files are in the store already, so the folder that is saved is empty. */
async function save(manifest: BentoManifest, options: RepinOptions): Promise<"created" | "exists"> {
  const { store, workDirectory, signal } = options;
  await mkdir(workDirectory, { recursive: true });
  await sweepLeftovers([workDirectory], { isTemporary: (name) => name.startsWith("repin-") });
  const empty = await mkdtemp(join(workDirectory, "repin-"));
  try {
    const { state } = await store.bentos.save(empty, manifest, { signal });
    return state;
  } finally {
    await rm(empty, { recursive: true, force: true });
  }
}

/**
 * What callers of a model would notice, a line each: inputs, outputs and signatures, by name. Names of symbolic lengths
 * are told to nobody and may differ. Pure.
 */
export function interfaceDifference(before: ModelManifest, after: ModelManifest): string[] {
  return [
    ...byName("input", specs(before.inputs), specs(after.inputs)),
    ...byName("output", specs(before.outputs), specs(after.outputs)),
    ...byName("signature", signatures(before), signatures(after)),
  ];
}

function byName(
  what: string,
  before: ReadonlyMap<string, string>,
  after: ReadonlyMap<string, string>,
): string[] {
  const names = [...new Set([...before.keys(), ...after.keys()])].sort();
  return names
    .filter((name) => before.get(name) !== after.get(name))
    .map(
      (name) =>
        `${what} ${name} was ${before.get(name) ?? "absent"}, is ${after.get(name) ?? "absent"}`,
    );
}

function specs(list: ModelManifest["inputs"]): Map<string, string> {
  return new Map(
    list.map((spec) => {
      const dims = spec.dims.map((length) => (typeof length === "string" ? "?" : length));
      const shown = formatTensorSpec({ ...spec, dims });
      return [spec.name, shown.slice(spec.name.length + 2)];
    }),
  );
}

function signatures(manifest: ModelManifest): Map<string, string> {
  const entries: [string, Signature][] = Object.entries(manifest.signatures);
  return new Map(entries.map(([name, signature]) => [name, canonicalJson(signature)]));
}
