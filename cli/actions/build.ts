/**
 * Builds a project and says what came of it.
 *
 * @module
 */
import { join } from "node:path";
import { formatTag } from "../../core/tag.ts";
import { formatBytes } from "../../core/units.ts";
import type { BuiltBento } from "../../packager/build.ts";
import { type CliContext, homeOf } from "../context.ts";
import { printDocument } from "../output.ts";
import { drawProgress } from "../progress.ts";
import { storeOf } from "../store.ts";

export interface BuildFlags {
  readonly store?: string;
  readonly output?: "table" | "tag";
  readonly json?: boolean;
}

export async function buildBento(
  context: CliContext,
  target: string,
  flags: BuildFlags,
): Promise<void> {
  const built = await buildProject(context, target, flags);
  const { manifest, digest, state } = built;
  const tag = formatTag(manifest);
  if (flags.json === true) {
    await printDocument(context, { tag, digest, state, manifest }, "json");
    return;
  }
  context.out(`${tag}\n`);
  if (flags.output !== "tag") {
    const bytes = manifest.files.reduce((sum, file) => sum + file.size, 0);
    const models = manifest.models.map((model) => `${model.name}:${model.version}`).join(", ");
    const was = state === "exists" ? " (it was there already; it is latest now)" : "";
    context.err(
      `built ${tag}${was}: ${formatBytes(bytes)}${models === "" ? "" : ` with ${models}`}\n`,
    );
    context.err(`next: bento containerize ${tag}, or bento serve ${tag}\n`);
  }
}

/** The build alone, for commands that go on with the bento. */
export async function buildProject(
  context: CliContext,
  target: string,
  flags: Pick<BuildFlags, "store" | "json">,
): Promise<BuiltBento> {
  const { readProject } = await import("../../packager/project.ts");
  const { buildBento: build } = await import("../../packager/build.ts");
  const project = await readProject(target, context.cwd);
  const store = await storeOf(context, flags.store);
  return build(project, {
    store,
    workDirectory: join(homeOf(context), "tmp"),
    onProgress: drawProgress(context, flags.json === true),
    signal: context.signal,
  });
}
