/**
 * What BentoML says of a model in our words. Where our rules do not allow what it says, the nearest is taken and a
 * note says so; nothing is lost in silence.
 *
 * @module
 */
import { Metadata } from "../../core/model-manifest.ts";
import { LATEST, TAG_PART } from "../../core/tag.ts";
import type { SignatureInput } from "../signatures.ts";
import type { ModelYaml } from "./model-yaml.ts";

/** The parts of a model's registration that BentoML's file decides. */
export interface TranslatedModel {
  /** Undefined where BentoML's cannot be a name here. */
  readonly name: string | undefined;
  /** Undefined where BentoML's cannot be a version here: then it is made from the content. */
  readonly version: string | undefined;
  readonly labels: Readonly<Record<string, string>>;
  readonly metadata: Metadata;
  readonly signatures: Readonly<Record<string, SignatureInput>>;
  /** ISO 8601 in UTC; undefined where BentoML's is none, or has not come yet. */
  readonly registeredAt: string | undefined;
  /** What was changed or dropped, a line each. */
  readonly notes: readonly string[];
}

/** @param now - times after it are not believed */
export function translateModel(model: ModelYaml, now: Date): TranslatedModel {
  const notes: string[] = [];
  return {
    name: part("name", model.name, notes),
    version: part("version", model.version, notes),
    labels: translateLabels(model.labels ?? {}, notes),
    metadata: translateMetadata(model.metadata ?? {}, notes),
    signatures: translateSignatures(model.signatures ?? {}, notes),
    registeredAt: translateTime(model.creation_time ?? undefined, now, notes),
    notes,
  };
}

function part(what: "name" | "version", text: string, notes: string[]): string | undefined {
  const lower = text.toLowerCase();
  if (!TAG_PART.test(lower) || (what === "version" && lower === LATEST)) {
    notes.push(`${what} ${JSON.stringify(text)} is none here`);
    return undefined;
  }
  if (lower !== text) {
    notes.push(`${what} ${text} is ${lower} here`);
  }
  return lower;
}

function translateLabels(
  labels: Readonly<Record<string, unknown>>,
  notes: string[],
): Record<string, string> {
  const kept = Object.entries(labels).flatMap(([key, value]): [string, string][] => {
    if (key === "") {
      notes.push(`label without a name dropped: ${JSON.stringify(value)}`);
      return [];
    }
    if (typeof value === "string") {
      return [[key, value]];
    }
    const text = JSON.stringify(value);
    notes.push(`label ${key} is text here: ${text}`);
    return [[key, text]];
  });
  return Object.fromEntries(kept);
}

function translateMetadata(metadata: Readonly<Record<string, unknown>>, notes: string[]): Metadata {
  const kept: Metadata = {};
  for (const [key, value] of Object.entries(metadata)) {
    const parsed = Metadata.safeParse({ [key]: value });
    if (parsed.success) {
      Object.assign(kept, parsed.data);
    } else {
      notes.push(`metadata ${key || '""'} dropped: ${whyNot(key, value)}`);
    }
  }
  return kept;
}

function whyNot(key: string, value: unknown): string {
  if (key === "") {
    return "it has no name";
  }
  if (typeof value === "number") {
    return `${value} is no finite number`;
  }
  return "it is nested";
}

/** What BentoML calls batchable is left to the graph to confirm; see {@link batchNotes}. */
function translateSignatures(
  signatures: NonNullable<ModelYaml["signatures"]>,
  notes: string[],
): Record<string, SignatureInput> {
  const entries = Object.entries(signatures).map(([name, { batchable, batch_dim }]) => {
    const dims = [batch_dim ?? 0].flat();
    const isFirstAxis = dims.every((dim) => dim === 0);
    if (batchable === true && !isFirstAxis) {
      notes.push(`signature ${name} is single here: BentoML joins its rows along axis ${dims[0]}`);
    }
    return [name, { batchable: batchable === true && isFirstAxis ? undefined : false }] as const;
  });
  return Object.fromEntries(entries);
}

function translateTime(text: string | undefined, now: Date, notes: string[]): string | undefined {
  if (text === undefined) {
    return undefined;
  }
  // without an offset it is UTC, as BentoML writes it
  const time = new Date(/(?:Z|[+-]\d{2}:?\d{2})$/.test(text) ? text : `${text.replace(" ", "T")}Z`);
  if (Number.isNaN(time.getTime()) || time > now) {
    notes.push(`creation time ${JSON.stringify(text)} is not believed: it is registered as of now`);
    return undefined;
  }
  return time.toISOString();
}
