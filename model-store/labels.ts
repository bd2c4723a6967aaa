/**
 * Labels of a version: what may change of it. The newest entry of their chain is all of them.
 *
 * @module
 */
import * as z from "zod";
import { BentoError } from "../core/bento-error.ts";
import type { ExactTag } from "../core/tag.ts";
import { openChain } from "./chain.ts";
import type { WaitOptions } from "./driver.ts";
import { labelsPrefix } from "./keys.ts";
import type { Shelf } from "./shelf.ts";

/** Any text to any text; names are not empty. */
export type Labels = Readonly<Record<string, string>>;

const LabelsValue = z.object({ labels: z.record(z.string(), z.string()) });

export async function readLabels<Manifest extends ExactTag>(
  shelf: Shelf<Manifest>,
  tag: ExactTag,
  options?: WaitOptions,
): Promise<Labels> {
  const head = await labelsChain(shelf, tag).head(options);
  return head?.value.labels ?? {};
}

/**
 * Changes the labels of a version; writes nothing when they stay the same.
 *
 * @param change - makes all the new labels from all the old ones
 * @throws BentoError BENTO_INVALID_INPUT when a label has an empty name
 */
export async function changeLabels<Manifest extends ExactTag>(
  shelf: Shelf<Manifest>,
  tag: ExactTag,
  change: (labels: Labels) => Labels,
  options?: WaitOptions,
): Promise<Labels> {
  const entry = await labelsChain(shelf, tag).append((head) => {
    const before = head?.value.labels ?? {};
    const labels = checkLabels(change(before));
    return isSame(before, labels) ? undefined : { labels };
  }, options);
  return entry?.value.labels ?? {};
}

/**
 * @throws BentoError BENTO_INVALID_INPUT when a label has an empty name
 */
export function checkLabels(labels: Labels): Record<string, string> {
  if ("" in labels) {
    throw new BentoError(
      "BENTO_INVALID_INPUT",
      `a label has no name: ${JSON.stringify(`=${labels[""]}`)}`,
      {
        hint: "write it as name=value, e.g. stage=dev",
      },
    );
  }
  return { ...labels };
}

function isSame(a: Labels, b: Labels): boolean {
  const names = Object.keys(a);
  return names.length === Object.keys(b).length && names.every((name) => a[name] === b[name]);
}

function labelsChain<Manifest extends ExactTag>(
  { driver, kind, now }: Shelf<Manifest>,
  tag: ExactTag,
) {
  return openChain({
    driver,
    prefix: labelsPrefix(kind, tag.name, tag.version),
    value: LabelsValue,
    now,
  });
}
