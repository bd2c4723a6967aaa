/**
 * Lists, shows and ends deployments.
 *
 * @module
 */
import { BentoError } from "../../core/bento-error.ts";
import type { Deployment } from "../../core/deployment.ts";
import { formatTag } from "../../core/tag.ts";
import { verbLine } from "../../deploy/command-line.ts";
import type { DeploymentKey } from "../../deploy/runtime.ts";
import { confirm } from "../confirm.ts";
import type { CliContext } from "../context.ts";
import { deployRuntime } from "../deploy-runtime.ts";
import { type DeploymentFlags, namedDeployment } from "../deployment-key.ts";
import { ensurePeers } from "../ensure-peers.ts";
import { type OutputFormat, printDocument, printTable } from "../output.ts";

export async function listAll(
  context: CliContext,
  flags: { store?: string; json?: boolean; output?: OutputFormat },
): Promise<void> {
  const runtime = await deployRuntime(context, flags, () => {});
  const { listDeployments } = await import("../../deploy/records.ts");
  const all = await Array.fromAsync(listDeployments(runtime));
  const format = flags.json === true ? "json" : flags.output;
  if (format === "json" || format === "yaml") {
    await printDocument(context, all, format);
    return;
  }
  const rows = all.map((record) => [
    record.name,
    record.platform,
    record.environment,
    formatTag(record.bento),
    record.canary === undefined ? record.outcome : `${record.outcome} (${record.canary} %)`,
    record.url ?? "",
    record.at.slice(0, 19).replace("T", " "),
  ]);
  printTable(context, ["NAME", "PLATFORM", "ENV", "BENTO", "OUTCOME", "URL", "AT (UTC)"], rows);
  if (all.length === 0) {
    context.err("no deployments yet: bento deploy NAME:VERSION --platform local\n");
  }
}

export async function getOne(
  context: CliContext,
  name: string,
  flags: DeploymentFlags,
): Promise<void> {
  const { runtime, key } = await namedDeployment(context, name, flags);
  const { getDeployment } = await import("../../deploy/records.ts");
  const record = await getDeployment(key, runtime);
  await printDocument(context, record, flags.json === true ? "json" : "yaml");
}

export async function showStatus(
  context: CliContext,
  name: string,
  flags: DeploymentFlags,
): Promise<void> {
  const { runtime, key, adapter, given } = await namedDeployment(context, name, flags);
  await ensurePeers(context, adapter, false);
  const { statusOf } = await import("../../deploy/lifecycle.ts");
  const status = await statusOf(key, runtime, given);
  if (flags.json === true) {
    await printDocument(context, status, "json");
  } else {
    context.out(statusText(key, status, status.deployment));
  }
  if (status.state !== "ready") {
    throw new BentoError("BENTO_UNHEALTHY", `${key.name} is ${status.state}: ${status.summary}`, {
      hint:
        status.state === "gone"
          ? `deploy it again: bento deploy --platform ${key.platform}`
          : verbLine("logs", key),
    });
  }
}

function statusText(
  key: DeploymentKey,
  status: { state: string; summary: string; url?: string | undefined },
  record: Deployment | undefined,
): string {
  const url = status.url === undefined ? "" : `  ${status.url}`;
  const told =
    record === undefined
      ? "no record tells of it"
      : `${formatTag(record.bento)}, ${outcomeText(record)} ${record.at}`;
  return `${key.name}  ${status.state}${url}\n  ${status.summary}\n  ${told}\n`;
}

/** What became of it at that time. */
function outcomeText({ outcome, canary }: Deployment): string {
  if (outcome !== "succeeded") {
    return OUTCOMES[outcome];
  }
  return canary === undefined ? "deployed" : `${canary} % of the traffic since`;
}

const OUTCOMES = {
  destroyed: "destroyed",
  failed: "failed",
  "rolled-back": "failed and rolled back",
  started: "started",
} as const;

export async function showLogs(
  context: CliContext,
  name: string,
  flags: DeploymentFlags & { follow?: boolean; tail?: string },
): Promise<void> {
  const { runtime, key, adapter, given } = await namedDeployment(context, name, flags);
  const tail = flags.tail === undefined ? undefined : readCount(flags.tail);
  if (flags.json === true && flags.follow === true) {
    throw new BentoError("BENTO_INVALID_INPUT", "--follow with --json: a document has an end", {
      hint: "leave --json out: each line comes as it is written",
    });
  }
  await ensurePeers(context, adapter, false);
  const { logsOf } = await import("../../deploy/lifecycle.ts");
  const lines = logsOf(key, runtime, { ...given, tail, follow: flags.follow });
  if (flags.json === true) {
    await printDocument(context, await Array.fromAsync(lines), "json");
    return;
  }
  for await (const line of lines) {
    context.out(`${line}\n`);
  }
}

function readCount(text: string): number {
  if (!/^\d+$/.test(text)) {
    throw new BentoError(
      "BENTO_USAGE",
      `expected --tail with a number of lines, got ${JSON.stringify(text)}`,
      {
        hint: "e.g. --tail 50",
      },
    );
  }
  return Number(text);
}

export async function destroy(
  context: CliContext,
  name: string,
  flags: DeploymentFlags & { yes?: boolean },
): Promise<void> {
  const { runtime, key, adapter, given, store } = await namedDeployment(context, name, flags);
  await ensurePeers(context, adapter, flags.yes === true);
  const { destroyDeployment, statusOf } = await import("../../deploy/lifecycle.ts");
  const latest = await store.deployments.latest(key);
  if (latest === undefined) {
    await statusOf(key, runtime, given); // a wrong name is said before anybody is asked
  }
  const bento = latest === undefined ? "of which no record tells" : formatTag(latest.bento);
  await confirm(context, `destroy ${key.name} (${bento}) on ${key.platform}?`, flags.yes === true);
  const record = await destroyDeployment(key, runtime, given);
  if (flags.json === true) {
    await printDocument(context, record ?? { ...key, outcome: "destroyed" }, "json");
  } else {
    context.out(`${key.name}\n`);
  }
}
