/**
 * Lists, shows, exports, deletes and aliases models.
 *
 * @module
 */
import { resolve } from "node:path";
import { BentoError } from "../../core/bento-error.ts";
import { formatTag, parseTag } from "../../core/tag.ts";
import { formatTensorSpec } from "../../core/tensor-spec.ts";
import { formatBytes } from "../../core/units.ts";
import { isArchiveName } from "../../model-store/bentoml/archive-name.ts";
import type { RegisteredModel } from "../../model-store/list-models.ts";
import type { CliContext } from "../context.ts";
import { deleteVersions } from "../delete-versions.ts";
import { nameToList } from "../name-to-list.ts";
import { type OutputFormat, printDocument, printFields, printTable } from "../output.ts";
import { drawProgress } from "../progress.ts";
import { cacheOf, storeOf } from "../store.ts";

export interface ModelFlags {
  readonly store?: string;
  readonly output?: OutputFormat;
  readonly json?: boolean;
}

export interface ListFlags extends ModelFlags {
  readonly limit?: string;
  readonly after?: string;
}

export async function listModels(
  context: CliContext,
  text: string | undefined,
  flags: ListFlags,
): Promise<void> {
  const store = await storeOf(context, flags.store);
  const name = text === undefined ? undefined : nameToList(text, "bento models");
  const limit = flags.limit === undefined ? undefined : readLimit(flags.limit);
  const after = flags.after === undefined ? undefined : parseTag(flags.after);
  // one more tells whether there are more
  const page = { after, limit: limit === undefined ? undefined : limit + 1 };
  const { signal } = context;
  const found = await Array.fromAsync(store.models.list({ name, ...page, signal }));
  if (name !== undefined && after === undefined && found.length === 0) {
    await store.models.resolve({ name }); // says what there is
  }
  const models = found.slice(0, limit);
  if (limit === undefined && after === undefined) {
    models.sort((a, b) => (a.registeredAt < b.registeredAt ? 1 : -1));
  }
  await printModels(context, models, flags);
  const last = models.at(-1);
  if (last !== undefined && found.length > models.length) {
    context.err(`there are more: --after ${formatTag(last.manifest)}\n`);
  } else if (models.length === 0 && after === undefined && isForPeople(flags)) {
    context.err("no models yet: bento models import model.onnx --name my_model\n");
  }
}

function isForPeople({ json, output }: ModelFlags): boolean {
  return json !== true && (output ?? "table") === "table";
}

function readLimit(text: string): number {
  const limit = Number(text);
  if (!/^\d+$/.test(text) || limit < 1 || !Number.isSafeInteger(limit)) {
    throw new BentoError("BENTO_USAGE", `not a number of models: ${JSON.stringify(text)}`, {
      where: "--limit",
      hint: "give a whole number from 1, e.g. --limit 50",
    });
  }
  return limit;
}

async function printModels(
  context: CliContext,
  models: readonly RegisteredModel[],
  flags: ModelFlags,
): Promise<void> {
  const format = flags.json === true ? "json" : (flags.output ?? "table");
  if (format === "json" || format === "yaml") {
    await printDocument(context, models.map(summary), format);
    return;
  }
  if (format === "tag") {
    context.out(models.map((model) => `${formatTag(model.manifest)}\n`).join(""));
    return;
  }
  const rows = models.map((model) => [
    formatTag(model.manifest),
    model.manifest.framework,
    formatBytes(bytesOf(model)),
    model.aliases.join(", "),
    model.registeredAt.slice(0, 19).replace("T", " "),
  ]);
  printTable(context, ["TAG", "FRAMEWORK", "SIZE", "ALIASES", "REGISTERED (UTC)"], rows);
}

export async function getModel(
  context: CliContext,
  text: string,
  flags: ModelFlags,
): Promise<void> {
  const store = await storeOf(context, flags.store);
  const model = await store.models.get(parseTag(text), {
    allowPrefix: true,
    signal: context.signal,
  });
  const format = flags.json === true ? "json" : (flags.output ?? "table");
  if (format === "json" || format === "yaml") {
    await printDocument(context, summary(model), format);
  } else if (format === "tag") {
    context.out(`${formatTag(model.manifest)}\n`);
  } else if (format === "path") {
    const { signal } = context;
    const options = { onProgress: drawProgress(context), signal };
    context.out(`${await store.models.path(model.manifest, cacheOf(context), options)}\n`);
  } else {
    printModel(context, model);
  }
}

function printModel(
  context: CliContext,
  { manifest, digest, labels, aliases, registeredAt }: RegisteredModel,
): void {
  const pairs = (values: Readonly<Record<string, unknown>>) =>
    Object.entries(values).map(
      ([key, value]) => `${key}=${typeof value === "string" ? value : JSON.stringify(value)}`,
    );
  const signatures = Object.entries(manifest.signatures).map(
    ([name, signature]) => `${name} (${signature.batchable ? "batchable" : "single"})`,
  );
  const rows: [string, readonly string[]][] = [
    ["tag", [formatTag(manifest)]],
    ["digest", [digest]],
    ["framework", [manifest.framework]],
    ["inputs", manifest.inputs.map(formatTensorSpec)],
    ["outputs", manifest.outputs.map(formatTensorSpec)],
    ["signatures", signatures],
    ["files", manifest.files.map((file) => `${file.path}  ${formatBytes(file.size)}`)],
    ["metadata", pairs(manifest.metadata)],
    ["labels", pairs(labels)],
    ["aliases", aliases],
    ["registered", [registeredAt]],
  ];
  printFields(context, rows, 12);
}

export async function exportModel(
  context: CliContext,
  { tag, target }: { tag: string; target: string | undefined },
  flags: ModelFlags,
): Promise<void> {
  const store = await storeOf(context, flags.store);
  const exact = await store.models.resolve(parseTag(tag), { allowPrefix: true });
  const path = resolve(context.cwd, target ?? `${exact.name}-${exact.version}`);
  const isArchive = target !== undefined && isArchiveName(target);
  const onProgress = drawProgress(context, flags.json === true);
  const { signal } = context;
  const { notes } = isArchive
    ? await store.models.exportArchive(exact, path, { onProgress, signal })
    : { notes: [], ...(await store.models.export(exact, path, { onProgress, signal })) };
  if (flags.json === true) {
    const place = isArchive ? { file: path, notes } : { directory: path };
    await printDocument(context, { tag: formatTag(exact), ...place }, "json");
  } else {
    context.out(`${path}\n`);
    context.err(notes.map((note) => `  ${note}\n`).join(""));
  }
}

export async function deleteModels(
  context: CliContext,
  texts: readonly string[],
  flags: ModelFlags & { yes?: boolean; force?: boolean },
): Promise<void> {
  const store = await storeOf(context, flags.store);
  const versions = store.models;
  await deleteVersions(context, { tags: texts, command: "bento models", versions, flags });
}

export async function aliasModel(
  context: CliContext,
  text: string,
  flags: ModelFlags & { to?: string; remove?: string; reason?: string },
): Promise<void> {
  const store = await storeOf(context, flags.store);
  const tag = parseTag(text);
  const options = { why: flags.reason, who: context.environment["USER"], signal: context.signal };
  if ((flags.to === undefined) === (flags.remove === undefined)) {
    throw new BentoError("BENTO_USAGE", "give either --to ALIAS or --remove ALIAS", {
      hint: `e.g. bento models alias ${text} --to production`,
    });
  }
  const change =
    flags.to === undefined
      ? await store.models.removeAlias(tag.name, flags.remove ?? "", options)
      : await store.models.setAlias(tag, flags.to, options);
  if (flags.json === true) {
    await printDocument(context, { name: tag.name, ...change }, "json");
    return;
  }
  const now = change.version === null ? "is gone" : `is ${tag.name}:${change.version}`;
  const before =
    change.previous === null || change.previous === change.version
      ? ""
      : ` (was ${change.previous})`;
  context.out(`${tag.name}:${change.alias} ${now}${before}\n`);
}

function bytesOf(model: RegisteredModel): number {
  return model.manifest.files.reduce((sum, file) => sum + file.size, 0);
}

function summary(model: RegisteredModel): object {
  return { tag: formatTag(model.manifest), ...model };
}
