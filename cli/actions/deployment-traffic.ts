/**
 * Shows and moves the traffic of a deployment.
 *
 * @module
 */
import type { TrafficShift } from "../../adapters/adapter.ts";
import { formatTag } from "../../core/tag.ts";
import { confirm } from "../confirm.ts";
import type { CliContext } from "../context.ts";
import { type DeploymentFlags, namedDeployment } from "../deployment-key.ts";
import { ensurePeers } from "../ensure-peers.ts";
import { printDocument } from "../output.ts";
import { readPercent } from "../percent.ts";
import { printVersions } from "../versions-table.ts";

export async function showTraffic(
  context: CliContext,
  name: string,
  flags: DeploymentFlags & { readonly percent?: string },
): Promise<void> {
  if (flags.percent !== undefined) {
    const percent = readPercent("--percent", flags.percent);
    await shift(context, name, { flags, shift: { kind: "weight", percent } });
    return;
  }
  const { key, adapter, given, runtime } = await namedDeployment(context, name, flags);
  await ensurePeers(context, adapter, false);
  const { versionsOf } = await import("../../deploy/traffic.ts");
  const versions = await versionsOf(key, runtime, given);
  if (flags.json === true) {
    await printDocument(context, versions, "json");
  } else {
    printVersions(context, versions);
  }
}

/** All the traffic to the new version, or none. */
export async function endCanary(
  context: CliContext,
  name: string,
  { kind, ...flags }: DeploymentFlags & { readonly kind: "complete" | "abort" },
): Promise<void> {
  await shift(context, name, { flags, shift: { kind } });
}

async function shift(
  context: CliContext,
  name: string,
  request: { readonly flags: DeploymentFlags; readonly shift: TrafficShift },
): Promise<void> {
  const { key, adapter, given, runtime } = await namedDeployment(context, name, request.flags);
  await ensurePeers(context, adapter, false);
  const { shiftTraffic } = await import("../../deploy/traffic.ts");
  const { deployment, versions } = await shiftTraffic(key, request.shift, runtime, given);
  if (request.flags.json === true) {
    await printDocument(context, { deployment: deployment ?? null, versions }, "json");
  } else {
    printVersions(context, versions);
  }
}

export async function rollBack(
  context: CliContext,
  name: string,
  flags: DeploymentFlags & {
    readonly to?: string;
    readonly moveAlias?: boolean;
    readonly yes?: boolean;
  },
): Promise<void> {
  const { key, adapter, given, store, runtime } = await namedDeployment(context, name, flags);
  await ensurePeers(context, adapter, flags.yes === true);
  const { restoreDeployment, restoreTarget } = await import("../../deploy/restore.ts");
  const options = { ...given, to: flags.to };
  const { serving, before } = await restoreTarget(key, runtime, options);
  const from = serving === undefined ? "" : ` from ${formatTag(serving.bento)}`;
  const back = before === undefined ? (flags.to ?? "the version before") : formatTag(before.bento);
  await confirm(
    context,
    `roll back ${key.name} on ${key.platform}${from} to ${back}?`,
    flags.yes === true,
  );
  const { deployment, versions, left } = await restoreDeployment(key, runtime, options);
  const now = versions[0]?.bento ?? (deployment && formatTag(deployment.bento)) ?? back;
  const served = left === undefined ? "" : `, ${formatTag(left.bento)} did before`;
  context.err(flags.json === true ? "" : `${now} serves now${served}\n`);
  const { offerAliases } = await import("../alias-offer.ts");
  const aliases = await offerAliases(context, {
    ...{ store, left, now: deployment, deployment: key.name },
    isWanted: flags.moveAlias ?? (flags.json === true ? false : undefined),
  });
  if (flags.json === true) {
    const document = { deployment: deployment ?? null, left: left ?? null, versions, aliases };
    await printDocument(context, document, "json");
  } else {
    printVersions(context, versions);
  }
}
