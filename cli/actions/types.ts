/**
 * Writes the models of a store as TypeScript: an interface entry for each name, from its latest version.
 *
 * @module
 */
import { writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import type { ModelManifest } from "../../core/model-manifest.ts";
import { formatTag } from "../../core/tag.ts";
import type { TensorSpec } from "../../core/tensor-spec.ts";
import type { CliContext } from "../context.ts";
import { printDocument } from "../output.ts";
import { storeOf } from "../store.ts";

const FILE = "bentokit-env.d.ts";

export async function writeTypes(
  context: CliContext,
  target: string,
  flags: { store?: string; json?: boolean },
): Promise<void> {
  const store = await storeOf(context, flags.store);
  const names = new Set<string>();
  for await (const { manifest } of store.models.list({ signal: context.signal })) {
    names.add(manifest.name);
  }
  const latest: ModelManifest[] = [];
  for (const name of [...names].sort()) {
    latest.push((await store.models.get({ name })).manifest);
  }
  const file = join(resolve(context.cwd, target), FILE);
  await writeFile(file, modelTypes(latest));
  if (flags.json === true) {
    await printDocument(context, { file, models: latest.map(formatTag) }, "json");
    return;
  }
  context.out(`${file}\n`);
  context.err(
    `wrote ${latest.length} model${latest.length === 1 ? "" : "s"}: ${latest.map((m) => m.name).join(", ")}\n`,
  );
}

/** The text of the file; the same models always give the same text. */
export function modelTypes(models: readonly ModelManifest[]): string {
  const entries = models.map(
    (model) =>
      `    ${property(model.name)}: {\n${group("inputs", model.inputs, masksOf(model))}${group("outputs", model.outputs)}    };\n`,
  );
  return `// Written by \`bento types\` from the model store; run it again after a model's inputs or outputs change.
import type { Tensor } from "bentokit";

declare module "bentokit" {
  interface ModelSignatures {
${entries.join("")}  }
}
`;
}

/** Inputs that are made for callers that leave them out. */
function masksOf({ signatures }: ModelManifest): readonly string[] {
  return Object.values(signatures).flatMap(({ padding }) => padding?.mask ?? []);
}

function group(
  name: string,
  specs: readonly TensorSpec[],
  optional: readonly string[] = [],
): string {
  const lines = specs.map(
    (spec) =>
      `        /** ${spec.dtype} [${spec.dims.join(", ")}] */\n        ${property(spec.name)}${optional.includes(spec.name) ? "?" : ""}: Tensor<"${spec.dtype}">;\n`,
  );
  return `      ${name}: {\n${lines.join("")}      };\n`;
}

function property(name: string): string {
  return /^[A-Za-z_$][\w$]*$/.test(name) ? name : JSON.stringify(name);
}
