/**
 * Versions of a deployment and their traffic, as a table.
 *
 * @module
 */
import type { DeployedVersion } from "../adapters/adapter.ts";
import type { CliContext } from "./context.ts";
import { printTable } from "./output.ts";

export function printVersions(context: CliContext, versions: readonly DeployedVersion[]): void {
  const rows = versions.map(({ id, bento, percent, image, at }) => [
    id,
    bento ?? "",
    `${percent} %`,
    image?.slice(0, 19) ?? "",
    at?.slice(0, 19).replace("T", " ") ?? "",
  ]);
  printTable(context, ["VERSION", "BENTO", "TRAFFIC", "IMAGE", "MADE (UTC)"], rows);
}
