/**
 * Says how two versions of a model differ: in what they are, and with rows at hand in what they answer.
 *
 * @module
 */
import { formatTag, parseTag } from "../../core/tag.ts";
import { describeDifference } from "../../model-store/describe-difference.ts";
import type { RegisteredModel } from "../../model-store/list-models.ts";
import type { Store } from "../../model-store/store.ts";
import type { Comparison } from "../compare-outputs.ts";
import type { CliContext } from "../context.ts";
import { printDocument, printTable } from "../output.ts";
import { drawProgress } from "../progress.ts";
import { cacheOf, storeOf } from "../store.ts";

export interface DiffFlags {
  readonly store?: string;
  readonly json?: boolean;
  readonly on?: string;
}

export async function diffModels(
  context: CliContext,
  [before, after]: readonly [string, string],
  flags: DiffFlags,
): Promise<void> {
  await using store = await storeOf(context, flags.store);
  const options = { allowPrefix: true, signal: context.signal };
  const models = [
    await store.models.get(parseTag(before), options),
    await store.models.get(parseTag(after), options),
  ] as const;
  const tags = [formatTag(models[0].manifest), formatTag(models[1].manifest)] as const;
  const differences = describeDifference(contentOf(models[0]), contentOf(models[1]), [
    `in ${tags[0]}`,
    `in ${tags[1]}`,
  ]);
  const on =
    flags.on === undefined
      ? undefined
      : await compareOn(context, { store, models, file: flags.on });
  if (flags.json === true) {
    await printDocument(context, { before: tags[0], after: tags[1], differences, on }, "json");
    return;
  }
  const same = differences.length === 0 ? ["they are the same"] : differences;
  context.out(`${same.join("\n")}\n`);
  if (on !== undefined) {
    printComparison(context, on);
  }
}

/** Runs both models over the rows of a file. */
export async function compareOn(
  context: CliContext,
  {
    store,
    models,
    file,
  }: {
    readonly store: Store;
    readonly models: readonly [before: Described, after: Described];
    readonly file: string;
  },
): Promise<Comparison> {
  const { readRows, runRows } = await import("../run-rows.ts");
  const { compareOutputs } = await import("../compare-outputs.ts");
  const rows = await readRows(context, file);
  const run = async ({ manifest }: Described) => {
    const folder = await store.models.path(manifest, cacheOf(context), {
      onProgress: drawProgress(context),
      signal: context.signal,
    });
    return runRows(manifest, folder, rows, context.signal);
  };
  return compareOutputs(await run(models[0]), await run(models[1]));
}

type Described = Pick<RegisteredModel, "manifest">;

/** All that two versions may differ in; their names and versions do anyway. */
function contentOf({
  manifest: { name: _, version: __, ...content },
  labels,
  aliases,
}: RegisteredModel) {
  return { ...content, labels, aliases };
}

function printComparison(context: CliContext, comparison: Comparison): void {
  const { rows, flipped, churn, largestChange, worst } = comparison;
  const share = `${(100 * churn).toFixed(2)} %`;
  context.out(
    `${rows} rows: ${flipped} labels flipped (${share}), largest change ${largestChange.toPrecision(3)}\n`,
  );
  if (worst.length > 0) {
    printTable(
      context,
      ["ROW", "LABEL", "CHANGE"],
      worst.map(({ row, isFlipped, change }) => [
        String(row + 1),
        isFlipped ? "flipped" : "same",
        change.toPrecision(3),
      ]),
    );
  }
}
