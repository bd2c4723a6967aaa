/**
 * Command lines that errors and notices advise.
 *
 * @module
 */
import { cloudName } from "../core/cloud-name.ts";
import type { Plan } from "../core/plan.ts";
import { formatTag } from "../core/tag.ts";
import type { DeploymentKey } from "./runtime.ts";

const DEFAULT_ENVIRONMENT = "default";
const LONGEST_NAME = 63;

/** `bento deployment VERB NAME` for one deployment. */
export function verbLine(verb: string, { name, platform, environment }: DeploymentKey): string {
  return `bento deployment ${verb} ${name} --platform ${platform}${environmentFlag(environment)}`;
}

/**
 * `bento deploy TAG` to a deployment that is there.
 *
 * @param tag - of the bento, e.g. `iris:v1`
 */
export function deployLine(tag: string, { name, platform, environment }: DeploymentKey): string {
  const isDefault = environment === DEFAULT_ENVIRONMENT;
  const bento = tag.split(":")[0] ?? tag;
  const usual = cloudName(isDefault ? bento : `${bento}-${environment}`, LONGEST_NAME);
  const named = usual === name ? "" : ` --name ${name}`;
  return `bento deploy ${tag} --platform ${platform}${environmentFlag(environment)}${named}`;
}

/** The deploy of a plan again. */
export function planLine(plan: Plan): string {
  const canary = plan.canary === undefined ? "" : ` --canary ${plan.canary}`;
  return `${deployLine(formatTag(plan.bento), plan)}${canary}`;
}

function environmentFlag(environment: string): string {
  return environment === DEFAULT_ENVIRONMENT ? "" : ` --env ${environment}`;
}
