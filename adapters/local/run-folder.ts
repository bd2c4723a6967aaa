/**
 * Where everything about a deployment on this machine lies: its log, and the files of its processes.
 *
 * @module
 */
import { join } from "node:path";
import type { DeployContext } from "../adapter.ts";

/** Within BENTO_HOME; below it a folder an environment, below that a folder a name. */
export const RUN_FOLDER = ["run", "local"] as const;

/** The folder of one deployment, removed with it. */
export function runFolder({
  home,
  environment,
  name,
}: Pick<DeployContext, "home" | "environment" | "name">): string {
  return join(home, ...RUN_FOLDER, environment, name);
}
