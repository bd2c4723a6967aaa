/**
 * Refuses a plan when the same request would give another one now.
 *
 * @module
 */
import { BentoError } from "../core/bento-error.ts";
import { canonicalJson } from "../core/canonical-json.ts";
import { type Plan, planDigest } from "../core/plan.ts";
import { firstDifference } from "./compare-json.ts";

const PARTS = ["bento", "image", "options", "variables", "basis", "actions", "warnings"] as const;

/**
 * @param now - made again from the plan's own request
 * @throws BentoError BENTO_STALE_PLAN with each part that differs
 */
export function refuseStale(plan: Plan, now: Plan): void {
  if (planDigest(plan) === planDigest(now)) {
    return;
  }
  const changes = PARTS.flatMap((part) => {
    const found = firstDifference(plain(plan[part]), plain(now[part]), {
      tolerance: 0,
      path: part,
    });
    return found === undefined ? [] : [`  ${found.path}: ${found.expected} → ${found.actual}`];
  });
  throw new BentoError(
    "BENTO_STALE_PLAN",
    ["what the plan was made from has changed:", ...changes].join("\n"),
    {
      where: `deployment ${plan.name} on ${plan.platform}, environment ${plan.environment}`,
      hint: "make the plan again and look at it",
    },
  );
}

/** As it would be read back from a file: `undefined` members are not there. */
function plain(value: unknown): unknown {
  return value === undefined ? undefined : JSON.parse(canonicalJson(value));
}
