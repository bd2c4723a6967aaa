/**
 * What holds of a version that gets a share of the traffic first: how large it may be, and that another deploy does not
 * come in its way.
 *
 * @module
 */
import type { DeployContext, Desired, Rollout } from "../adapters/adapter.ts";
import { BentoError } from "../core/bento-error.ts";
import { formatTag } from "../core/tag.ts";
import { verbLine } from "./command-line.ts";
import type { DeploymentKey, DeployStore } from "./runtime.ts";

/**
 * @param flag - as typed, for the message
 * @throws BentoError BENTO_USAGE for what is no whole number from 1 to 99
 */
export function checkPercent(percent: number, flag: string): void {
  if (!Number.isInteger(percent) || percent < 1 || percent > 99) {
    throw new BentoError("BENTO_USAGE", `expected ${flag} with 1 to 99 per cent, got ${percent}`, {
      hint:
        flag === "--canary"
          ? "leave --canary out to give all traffic to the new version"
          : "bento deployment complete gives the new version all traffic, abort gives it none",
    });
  }
}

export interface UnderWay {
  readonly key: DeploymentKey;
  readonly desired: Desired;
  readonly rollout: Rollout | undefined;
  readonly context: DeployContext;
}

/**
 * @throws BentoError BENTO_CONFLICT when the canary of another bento is under way
 */
export async function refuseOtherCanary(
  { key, desired, rollout, context }: UnderWay,
  store: DeployStore,
): Promise<void> {
  const running = await store.deployments.running(key);
  if (running?.canary === undefined || running.bento.digest === desired.bento.digest) {
    return;
  }
  const versions = await rollout?.versions?.(context);
  if (versions?.some(({ percent }) => percent === 100) === true) {
    return; // ended by other means: the platform is the truth
  }
  throw new BentoError(
    "BENTO_CONFLICT",
    `${formatTag(running.bento)} has ${running.canary} % of the traffic since ${running.at}: a deploy of ${formatTag(desired.bento)} has to wait for its end`,
    {
      where: `deployment ${key.name} on ${key.platform}, environment ${key.environment}`,
      hint: `give it all traffic: ${verbLine("complete", key)}, or none: ${verbLine("abort", key)}; then deploy again`,
    },
  );
}
