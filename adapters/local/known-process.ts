/**
 * What a deployment's record says that stands, with the values of secrets from its own file, which the record leaves
 * out.
 *
 * @module
 */
import type { DeployContext } from "../adapter.ts";
import { type LocalProcess, processOf } from "./local-process.ts";
import { rememberedProcesses } from "./process-files.ts";
import { runFolder } from "./run-folder.ts";

/** Undefined where the record knows none. */
export async function knownProcess(
  context: Pick<DeployContext, "details" | "home" | "environment" | "name">,
): Promise<LocalProcess | undefined> {
  const recorded = processOf(context.details);
  if (recorded === undefined) {
    return undefined;
  }
  const remembered = await rememberedProcesses(runFolder(context));
  const same = remembered.find(
    ({ pid, identity }) => pid === recorded.pid && identity === recorded.identity,
  );
  return same ?? recorded;
}
