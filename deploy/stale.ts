/**
 * Refuses a plan when the same request would give another one now.
 *
 * @module
 */
import { BentoError } from "../core/bento-error.ts";
import { canonicalJson } from "../core/canonical-json.ts";
import { type Plan, type PlanAction, planDigest } from "../core/plan.ts";
import { firstDifference } from "./compare-json.ts";

const PARTS = ["bento", "image", "options", "variables", "secrets", "basis"] as const;

/**
 * @param now - made again from the plan's own request
 * @throws BentoError BENTO_STALE_PLAN with each part that differs
 */
export function refuseStale(plan: Plan, now: Plan): void {
  if (planDigest(plan) === planDigest(now)) {
    return;
  }
  const parts = PARTS.flatMap((part) => change(part, plan[part], now[part]));
  const titles = change("actions", plan.actions.map(title), now.actions.map(title));
  const changes =
    parts.length + titles.length > 0
      ? [...parts, ...titles]
      : change("actions", plan.actions, now.actions);
  throw new BentoError(
    "BENTO_STALE_PLAN",
    ["what the plan was made from has changed:", ...changes].join("\n"),
    {
      where: `deployment ${plan.name} on ${plan.platform}, environment ${plan.environment}`,
      hint: "make the plan again and look at it",
    },
  );
}

function title({ kind, resource }: PlanAction): string {
  return `${kind} ${resource}`;
}

/** The first difference within a part of the plan, as a line; none when they are equal. */
function change(path: string, before: unknown, after: unknown): string[] {
  const found = firstDifference(plain(before), plain(after), { tolerance: 0, path });
  return found === undefined ? [] : [`  ${found.path}: ${found.expected} → ${found.actual}`];
}

/** As it would be read back from a file: `undefined` members are not there. */
function plain(value: unknown): unknown {
  return value === undefined ? undefined : JSON.parse(canonicalJson(value));
}
