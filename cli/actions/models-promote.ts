/**
 * Promotes models, rolls promotions back, and shows what aliases have meant.
 *
 * @module
 */
import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { BentoError } from "../../core/bento-error.ts";
import { type Metrics, parseGate } from "../../core/gate.ts";
import { formatTag, parseTag } from "../../core/tag.ts";
import type { AliasChange, AliasMove } from "../../model-store/aliases.ts";
import type { ChainEntry } from "../../model-store/chain.ts";
import type { PromoteOptions } from "../../model-store/promote.ts";
import type { Store } from "../../model-store/store.ts";
import type { CliContext } from "../context.ts";
import { originOf } from "../origin.ts";
import { printDocument, printTable } from "../output.ts";
import { readPublicKey, readSigner } from "../signing-key.ts";
import { storeOf } from "../store.ts";

interface Flags {
  readonly store?: string;
  readonly json?: boolean;
}

export interface PromoteFlags extends Flags {
  readonly to: string;
  readonly from?: string;
  readonly require?: readonly string[];
  readonly requireSigned?: string;
  readonly metrics?: string;
  readonly on?: string;
  readonly expect?: string;
  readonly reason?: string;
}

export async function promoteModel(
  context: CliContext,
  text: string,
  flags: PromoteFlags,
): Promise<void> {
  const tag = parseTag(text);
  const gates = (flags.require ?? []).map(parseGate);
  const { requireSigned } = flags;
  const signedBy =
    requireSigned === undefined ? undefined : await readPublicKey(context, requireSigned);
  const metrics = flags.metrics === undefined ? {} : await readMetrics(context, flags.metrics);
  await using store = await storeOf(context, flags.store);
  const promotion = await store.models.promote(tag, {
    to: flags.to,
    from: flags.from,
    signedBy,
    gates,
    metrics,
    compare: comparison(context, store, flags.on),
    ...(await saidBy(context, flags)),
  });
  if (flags.json === true) {
    const { tag: exact, ...rest } = promotion;
    await printDocument(context, { tag: formatTag(exact), ...rest }, "json");
    return;
  }
  if (promotion.signedBy !== undefined) {
    context.err(`✓ signed by ${promotion.signedBy}\n`);
  }
  for (const { gate, reason } of promotion.verdicts) {
    context.err(`✓ ${gate}  ${reason}\n`);
  }
  printChange(context, promotion.tag.name, promotion);
}

export async function signNamedModel(
  context: CliContext,
  text: string,
  flags: Flags & { readonly key: string },
): Promise<void> {
  const signer = await readSigner(context, flags.key);
  await using store = await storeOf(context, flags.store);
  const signed = await store.models.sign(parseTag(text), signer, { signal: context.signal });
  const tag = formatTag(signed.tag);
  if (flags.json === true) {
    await printDocument(context, { ...signed, tag }, "json");
    return;
  }
  context.out(`${tag}\n`);
  const before = signed.state === "exists" ? " before" : "";
  context.err(`signed${before} by ${signed.key}: ${signed.digest}\n`);
}

export async function rollBackModel(
  context: CliContext,
  name: string,
  flags: Flags & { readonly alias: string; readonly expect?: string; readonly reason?: string },
): Promise<void> {
  await using store = await storeOf(context, flags.store);
  const change = await store.models.rollBack(parseTag(name).name, {
    alias: flags.alias,
    ...(await saidBy(context, flags)),
  });
  if (flags.json === true) {
    await printDocument(context, { name, ...change }, "json");
    return;
  }
  printChange(context, name, change);
}

export async function showHistory(
  context: CliContext,
  name: string,
  flags: Flags & { readonly alias?: string },
): Promise<void> {
  await using store = await storeOf(context, flags.store);
  const { name: model } = parseTag(name);
  await store.models.resolve({ name: model }); // says what there is
  const aliases = flags.alias === undefined ? await store.models.aliasNames(model) : [flags.alias];
  const entries: (ChainEntry<AliasMove> & { readonly alias: string })[] = [];
  for (const alias of aliases) {
    for await (const entry of store.models.aliasHistory(model, alias, { signal: context.signal })) {
      entries.push({ alias, ...entry });
    }
  }
  entries.sort((a, b) => (a.at < b.at ? 1 : a.at > b.at ? -1 : b.seq - a.seq));
  if (flags.json === true) {
    const moves = entries.map(({ value, ...entry }) => ({ ...entry, ...value }));
    await printDocument(context, moves, "json");
    return;
  }
  const rows = entries.map(({ alias, at, value }) => [
    at.slice(0, 19).replace("T", " "),
    alias,
    `${value.previous ?? "–"} → ${value.version ?? "–"}`,
    value.who ?? "",
    [value.why, value.from && `from ${value.from}`, value.run].filter(Boolean).join(", "),
  ]);
  printTable(context, ["WHEN (UTC)", "ALIAS", "MOVE", "WHO", "WHY"], rows);
}

/** Gates on churn need rows; without them such a gate finds no number, and says so. */
function comparison(
  context: CliContext,
  store: Store,
  file: string | undefined,
): PromoteOptions["compare"] {
  return file === undefined
    ? undefined
    : async (before, after) => {
        if (before === undefined) {
          return { churn: 0, largest_change: 0 }; // nothing changes for anybody
        }
        const { compareOn } = await import("./models-diff.ts");
        const models = [{ manifest: before }, { manifest: after }] as const;
        const { churn, largestChange } = await compareOn(context, { store, models, file });
        return { churn, largest_change: largestChange };
      };
}

async function saidBy(
  context: CliContext,
  { expect, reason }: { readonly expect?: string; readonly reason?: string },
) {
  return {
    ...(await originOf(context)),
    why: reason,
    ...(expect === undefined ? {} : { expect: expect === "none" ? null : expect }),
    signal: context.signal,
  };
}

async function readMetrics(context: CliContext, file: string): Promise<Metrics> {
  const path = resolve(context.cwd, file);
  const text = await readFile(path, "utf8").catch((cause: unknown) => {
    throw new BentoError("BENTO_IO", `cannot read ${file}`, {
      where: path,
      hint: "--metrics takes a JSON file with numbers by name",
      cause,
    });
  });
  let metrics: unknown;
  try {
    metrics = JSON.parse(text);
  } catch {}
  if (typeof metrics !== "object" || metrics === null || Array.isArray(metrics)) {
    throw new BentoError("BENTO_INVALID_INPUT", `${file} holds no JSON object`, {
      where: path,
      hint: 'write numbers by name, e.g. {"accuracy": 0.97}',
    });
  }
  return { ...metrics };
}

function printChange(context: CliContext, name: string, change: AliasChange): void {
  const before =
    change.previous === null || change.previous === change.version
      ? ""
      : ` (was ${change.previous})`;
  context.out(`${name}:${change.alias} is ${name}:${change.version}${before}\n`);
}
