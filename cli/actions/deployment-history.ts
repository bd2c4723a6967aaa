/**
 * Shows the records of a deployment, newest first.
 *
 * @module
 */
import type { Deployment } from "../../core/deployment.ts";
import { formatTag } from "../../core/tag.ts";
import type { CliContext } from "../context.ts";
import { type DeploymentFlags, namedDeployment } from "../deployment-key.ts";
import { printDocument, printTable } from "../output.ts";

const HEADER = ["AT (UTC)", "BY", "BENTO", "MODELS", "OUTCOME", "TRAFFIC", "VERIFIED", "MESSAGE"];

export async function showRecords(
  context: CliContext,
  name: string,
  flags: DeploymentFlags,
): Promise<void> {
  const { key, runtime } = await namedDeployment(context, name, flags);
  const { historyOf } = await import("../../deploy/records.ts");
  const records = await Array.fromAsync(historyOf(key, runtime));
  if (flags.json === true) {
    await printDocument(context, records, "json");
    return;
  }
  printTable(context, HEADER, records.map(row));
}

function row(record: Deployment): string[] {
  const { at, by, bento, outcome, change, canary, verified, message } = record;
  const [line = ""] = (message ?? "").split("\n");
  const models = Object.entries(bento.models).map(([key, { tag }]) => `${key}=${tag}`);
  const done = change === undefined || outcome !== "succeeded" ? outcome : DONE[change];
  return [
    at.slice(0, 19).replace("T", " "),
    by ?? "",
    formatTag(bento),
    models.join(" "),
    done,
    outcome === "succeeded" ? `${canary ?? 100} %` : "",
    verified ? "yes" : "no",
    line,
  ];
}

const DONE: Readonly<Record<NonNullable<Deployment["change"]>, string>> = {
  traffic: "traffic moved",
  complete: "completed",
  abort: "canary aborted",
  rollback: "back to it",
};
