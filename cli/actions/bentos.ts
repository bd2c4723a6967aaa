/**
 * Lists, shows, exports, imports and deletes bentos.
 *
 * @module
 */
import { resolve } from "node:path";
import type { BentoManifest } from "../../core/bento-manifest.ts";
import { formatTag, parseTag } from "../../core/tag.ts";
import { formatBytes } from "../../core/units.ts";
import type { StoredVersion } from "../../model-store/shelf.ts";
import type { CliContext } from "../context.ts";
import { deleteVersions } from "../delete-versions.ts";
import { nameToList } from "../name-to-list.ts";
import { type OutputFormat, printDocument, printFields, printTable } from "../output.ts";
import { drawProgress } from "../progress.ts";
import { cacheOf, storeOf } from "../store.ts";

export interface BentoFlags {
  readonly store?: string;
  readonly output?: OutputFormat;
  readonly json?: boolean;
}

export async function listBentos(
  context: CliContext,
  text: string | undefined,
  flags: BentoFlags,
): Promise<void> {
  const store = await storeOf(context, flags.store);
  const name = text === undefined ? undefined : nameToList(text, "bento");
  const bentos = await Array.fromAsync(store.bentos.list({ name, signal: context.signal }));
  if (name !== undefined && bentos.length === 0) {
    await store.bentos.resolve({ name }); // says what there is
  }
  bentos.sort((a, b) => (a.registeredAt < b.registeredAt ? 1 : -1));
  const format = flags.json === true ? "json" : (flags.output ?? "table");
  if (format === "json" || format === "yaml") {
    await printDocument(context, bentos.map(summary), format);
    return;
  }
  if (format === "tag") {
    context.out(bentos.map((bento) => `${formatTag(bento.manifest)}\n`).join(""));
    return;
  }
  const rows = bentos.map((bento) => [
    formatTag(bento.manifest),
    formatBytes(sum(bento.manifest.files)),
    formatBytes(modelBytes(bento.manifest)),
    bento.manifest.models.map((model) => `${model.name}:${model.version}`).join(", "),
    bento.registeredAt.slice(0, 19).replace("T", " "),
  ]);
  printTable(context, ["TAG", "SIZE", "MODEL SIZE", "MODELS", "BUILT (UTC)"], rows);
  if (bentos.length === 0) {
    context.err("no bentos yet: bento build makes one from service.ts\n");
  }
}

export async function getBento(
  context: CliContext,
  text: string,
  flags: BentoFlags,
): Promise<void> {
  const store = await storeOf(context, flags.store);
  const bento = await store.bentos.get(parseTag(text), {
    allowPrefix: true,
    signal: context.signal,
  });
  const format = flags.json === true ? "json" : (flags.output ?? "table");
  if (format === "json" || format === "yaml") {
    await printDocument(context, summary(bento), format);
  } else if (format === "tag") {
    context.out(`${formatTag(bento.manifest)}\n`);
  } else if (format === "path") {
    const options = { onProgress: drawProgress(context), signal: context.signal };
    context.out(`${await store.bentos.materialise(bento.manifest, cacheOf(context), options)}\n`);
  } else {
    printBento(context, bento);
  }
}

function printBento(
  context: CliContext,
  { manifest, digest, registeredAt }: StoredVersion<BentoManifest>,
): void {
  const { bentokit, node, onnxruntime } = manifest.runtime;
  const rows: [string, readonly string[]][] = [
    ["tag", [formatTag(manifest)]],
    ["digest", [digest]],
    ["apis", manifest.apis.map((api) => `POST /${api.name}  ${api.description ?? ""}`.trimEnd())],
    [
      "models",
      manifest.models.map(
        (model) => `${model.key} = ${model.name}:${model.version}  (asked ${model.asked})`,
      ),
    ],
    ["needs", manifest.env],
    ["runtime", [`bentokit ${bentokit}, Node ${node}, onnxruntime ${onnxruntime}`]],
    ["labels", Object.entries(manifest.labels).map(([key, value]) => `${key}=${value}`)],
    ["files", manifest.files.map((file) => `${file.path}  ${formatBytes(file.size)}`)],
    ["built", [registeredAt]],
  ];
  printFields(context, rows, 10);
}

export async function deleteBentos(
  context: CliContext,
  texts: readonly string[],
  flags: BentoFlags & { yes?: boolean; force?: boolean },
): Promise<void> {
  const store = await storeOf(context, flags.store);
  const versions = store.bentos;
  await deleteVersions(context, { tags: texts, command: "bento", versions, flags });
}

export async function exportBento(
  context: CliContext,
  { tag, file }: { tag: string; file: string | undefined },
  flags: BentoFlags,
): Promise<void> {
  const store = await storeOf(context, flags.store);
  const exact = await store.bentos.resolve(parseTag(tag), { allowPrefix: true });
  const target = resolve(context.cwd, file ?? `${exact.name}-${exact.version}.bento`);
  await store.bentos.export(exact, target, { signal: context.signal });
  await printPlace(context, { tag: formatTag(exact), file: target }, flags);
}

export async function importBento(
  context: CliContext,
  file: string,
  flags: BentoFlags,
): Promise<void> {
  const store = await storeOf(context, flags.store);
  const { manifest, state } = await store.bentos.import(resolve(context.cwd, file), {
    signal: context.signal,
  });
  const tag = formatTag(manifest);
  if (flags.json === true) {
    await printDocument(context, { tag, state }, "json");
    return;
  }
  context.out(`${tag}\n`);
  if (state === "exists") {
    context.err(`${tag} was there already; it is latest now\n`);
  }
}

async function printPlace(
  context: CliContext,
  place: { tag: string; file: string },
  flags: BentoFlags,
): Promise<void> {
  if (flags.json === true) {
    await printDocument(context, place, "json");
  } else {
    context.out(`${place.file}\n`);
  }
}

function summary(bento: StoredVersion<BentoManifest>): object {
  return { tag: formatTag(bento.manifest), ...bento };
}

function modelBytes(manifest: BentoManifest): number {
  return manifest.models.reduce((total, model) => total + sum(model.files), 0);
}

function sum(files: readonly { size: number }[]): number {
  return files.reduce((total, file) => total + file.size, 0);
}
