/**
 * Registers a model file.
 *
 * @module
 */
import { resolve } from "node:path";
import { BentoError } from "../../core/bento-error.ts";
import { Metadata } from "../../core/model-manifest.ts";
import { formatTag } from "../../core/tag.ts";
import { formatTensorSpec } from "../../core/tensor-spec.ts";
import { isBentoMl } from "../../model-store/bentoml/import-model.ts";
import type { SignatureInput } from "../../model-store/signatures.ts";
import type { CliContext } from "../context.ts";
import { parseKeyValues, parseLooseValue } from "../key-values.ts";
import { printDocument } from "../output.ts";
import { drawProgress } from "../progress.ts";
import { readGiven } from "../read-given.ts";
import { storeOf } from "../store.ts";

export interface ImportFlags {
  readonly name?: string;
  readonly version?: string;
  readonly framework?: string;
  readonly signature?: readonly string[];
  readonly padding?: readonly string[];
  readonly mask?: string;
  readonly label?: readonly string[];
  readonly metadata?: readonly string[];
  readonly metadataFile?: string;
  readonly store?: string;
  readonly json?: boolean;
}

export async function importModel(
  context: CliContext,
  file: string,
  flags: ImportFlags,
): Promise<void> {
  const path = resolve(context.cwd, file);
  if (flags.name === undefined && !(await isBentoMl(path))) {
    unnamed(file);
  }
  const store = await storeOf(context, flags.store);
  const signatures = readSignatures(flags);
  const { manifest, digest, state, notes } = await store.models.import(path, {
    name: flags.name,
    version: flags.version,
    framework: flags.framework,
    signatures,
    labels: parseKeyValues("--label", flags.label),
    metadata: await readMetadata(context, flags),
    signal: context.signal,
    onProgress: drawProgress(context, flags.json === true),
  });
  const tag = formatTag(manifest);
  if (flags.json === true) {
    await printDocument(context, { tag, digest, state, manifest, notes }, "json");
    return;
  }
  context.out(`${tag}\n`);
  const inputs = manifest.inputs.map(formatTensorSpec).join(", ");
  const outputs = manifest.outputs.map(formatTensorSpec).join(", ");
  const was = state === "exists" ? " (it was there already; it is latest now)" : "";
  context.err(`registered ${tag}${was}\n  takes ${inputs}\n  gives ${outputs}\n`);
  context.err(notes.map((note) => `  ${note}\n`).join(""));
}

/** Asked for here and not by the parser, which would say so before it says that `--nmae` is misspelt. */
function unnamed(file: string): never {
  throw new BentoError("BENTO_USAGE", "which model is it? --name is not given", {
    hint: `bento models import ${file} --name my_model`,
  });
}

/** What `--signature` says, each with the padding; `predict` where it says nothing. */
function readSignatures(flags: ImportFlags): Record<string, SignatureInput> | undefined {
  const padding = flags.padding === undefined ? undefined : readPadding(flags.padding);
  const { mask } = flags;
  if (flags.signature === undefined) {
    return padding === undefined && mask === undefined ? undefined : { predict: { padding, mask } };
  }
  const pairs = Object.entries(parseKeyValues("--signature", flags.signature, "predict=batchable"));
  const entries = pairs.map(([name, word]) => {
    if (word !== "batchable" && word !== "single") {
      throw new BentoError(
        "BENTO_USAGE",
        `expected --signature ${name}=batchable or ${name}=single, got ${JSON.stringify(word)}`,
        {
          hint: "batchable: rows of several requests may share a call; single: they may not",
        },
      );
    }
    return [name, { batchable: word === "batchable", padding, mask }] as const;
  });
  return Object.fromEntries(entries);
}

function readPadding(pairs: readonly string[]): Record<string, number> {
  const entries = Object.entries(parseKeyValues("--padding", pairs, "input_ids=0"));
  return Object.fromEntries(
    entries.map(([input, text]) => {
      const value = Number(text);
      if (text.trim() === "" || !Number.isFinite(value)) {
        throw new BentoError(
          "BENTO_USAGE",
          `expected --padding ${input}=NUMBER, got ${JSON.stringify(text)}`,
          { hint: "e.g. --padding input_ids=0 --padding attention_mask=0" },
        );
      }
      return [input, value];
    }),
  );
}

/** The file's keys, then those of `--metadata`, which win. Values are JSON where they can be read as it. */
async function readMetadata(context: CliContext, flags: ImportFlags): Promise<Metadata> {
  const typed = Object.entries(parseKeyValues("--metadata", flags.metadata, "accuracy=0.96"));
  const merged = {
    ...(flags.metadataFile === undefined
      ? {}
      : await readMetadataFile(context, flags.metadataFile)),
    ...Object.fromEntries(typed.map(([key, text]) => [key, parseLooseValue(text)])),
  };
  const parsed = Metadata.safeParse(merged);
  if (!parsed.success) {
    const keys = [...new Set(parsed.error.issues.map((issue) => String(issue.path[0])))].join(", ");
    throw new BentoError(
      "BENTO_INVALID_INPUT",
      `metadata must be texts, numbers, booleans or lists of them: ${keys}`,
      {
        where: flags.metadataFile ?? "--metadata",
        hint: "write nested facts as keys of their own, e.g. split_test=0.2",
      },
    );
  }
  return parsed.data;
}

async function readMetadataFile(context: CliContext, file: string): Promise<object> {
  const path = resolve(context.cwd, file);
  const text = await readGiven(path, {
    noun: "metadata file",
    hint: "check the path, or give facts one by one: --metadata accuracy=0.96",
  });
  const value = parseLooseValue(text);
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new BentoError("BENTO_INVALID_INPUT", "the metadata file is not a JSON object", {
      where: path,
      hint: 'write it as {"accuracy": 0.96, "split": "2025-12"}',
    });
  }
  return value;
}
