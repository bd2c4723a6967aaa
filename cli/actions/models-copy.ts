/**
 * Copies models between the command's store and another place: a store, or a registry, where each is an artifact that
 * images take their layer from.
 *
 * @module
 */
import { join } from "node:path";
import { BentoError } from "../../core/bento-error.ts";
import type { OnProgress } from "../../core/progress.ts";
import { type ExactTag, formatTag, parseTag } from "../../core/tag.ts";
import { formatBytes } from "../../core/units.ts";
import type { Store } from "../../model-store/store.ts";
import type { CliContext } from "../context.ts";
import { printDocument } from "../output.ts";
import { drawProgress } from "../progress.ts";
import { cacheOf, storeOf } from "../store.ts";
import { layerCacheOf } from "./containerize.ts";

export interface CopyModelsRequest {
  readonly tags: readonly string[];
  /** The other place, as typed. */
  readonly place: string;
  readonly direction: "push" | "pull";
}

interface CopiedModel {
  readonly tag: ExactTag;
  readonly state: "created" | "exists";
  /** Bytes that travelled. */
  readonly sentBytes: number;
  /** By digest, in a registry. */
  readonly reference?: string;
}

interface Place extends AsyncDisposable {
  /** Where copies go. */
  readonly to: string;
  copy(text: string): Promise<CopiedModel>;
}

export async function copyModels(
  context: CliContext,
  request: CopyModelsRequest,
  flags: { readonly store?: string; readonly json?: boolean },
): Promise<void> {
  await using here = await storeOf(context, flags.store);
  const onProgress = drawProgress(context, flags.json === true);
  const isRegistry = request.place.startsWith("oci:");
  await using place = isRegistry
    ? await registryPlace(context, here, { ...request, onProgress })
    : await storePlace(context, here, { ...request, onProgress });
  const copied: CopiedModel[] = [];
  for (const text of request.tags) {
    const model = await place.copy(text);
    copied.push(model);
    if (flags.json !== true) {
      const tag = formatTag(model.tag);
      const was = model.state === "exists" ? "it was there already" : `now in ${place.to}`;
      context.out(`${model.reference ?? tag}\n`);
      context.err(`${tag}: ${was}; ${formatBytes(model.sentBytes)} sent\n`);
    }
  }
  if (flags.json === true) {
    const documents = copied.map(({ tag, ...rest }) => ({ tag: formatTag(tag), ...rest }));
    await printDocument(context, { to: place.to, copied: documents }, "json");
  }
}

interface PlaceOptions extends CopyModelsRequest {
  readonly onProgress: OnProgress;
}

async function storePlace(
  context: CliContext,
  here: Store,
  { place, direction, onProgress }: PlaceOptions,
): Promise<Place> {
  const there = await storeOf(context, place);
  const [from, to] = direction === "push" ? [here, there] : [there, here];
  const options = { allowPrefix: true, onProgress, signal: context.signal };
  return {
    to: to.url,
    copy: (text) => from.copyModelTo(to, parseTag(text), options),
    [Symbol.asyncDispose]: () => there[Symbol.asyncDispose](),
  };
}

async function registryPlace(
  context: CliContext,
  here: Store,
  { place, direction, onProgress }: PlaceOptions,
): Promise<Place> {
  const { parseModelPlace } = await import("../../model-store/artifact/model-artifact.ts");
  const { pushModel } = await import("../../model-store/artifact/push-model.ts");
  const { pullModel } = await import("../../model-store/artifact/pull-model.ts");
  const { registryOptions } = await import("../registry.ts");
  const { registry } = parseModelPlace(place);
  const options = { ...registryOptions(context, registry), onProgress };
  const workDirectory = join(cacheOf(context), "pulled");
  const { facts } = await layerCacheOf(context);
  return {
    to: direction === "push" ? place : here.url,
    async copy(text) {
      if (direction === "pull") {
        return await pullModel(here, exactTag(text), { ...options, from: place, workDirectory });
      }
      const pushed = await pushModel(here, parseTag(text), { ...options, to: place, facts });
      const { tag, state, uploadedBytes, reference } = pushed;
      return { tag, state, sentBytes: uploadedBytes, reference };
    },
    async [Symbol.asyncDispose]() {},
  };
}

function exactTag(text: string): ExactTag {
  const { name, version } = parseTag(text);
  if (version === undefined) {
    throw new BentoError("BENTO_USAGE", `no version in ${JSON.stringify(text)}`, {
      hint: `a registry has no latest model: name the version, e.g. ${name}:v1`,
    });
  }
  return { name, version };
}
