/**
 * The parts of a plan that every platform fills alike, so that adapters state only what differs.
 *
 * @module
 */
import * as z from "zod";
import type { Plan, PlanAction } from "../core/plan.ts";
import type { Desired } from "./adapter.ts";

const Json = z.record(z.string(), z.json());

export interface PlanParts {
  readonly actions: readonly PlanAction[];
  readonly warnings: readonly string[];
  readonly basis: Plan["basis"];
}

/** A whole plan from what is desired and what an adapter found to do. */
export function planOf(platform: string, desired: Desired, parts: PlanParts): Plan {
  return {
    schema: 1,
    platform,
    environment: desired.environment,
    name: desired.name,
    bento: desired.bento,
    ...(desired.image === undefined ? {} : { image: desired.image }),
    options: Json.parse(desired.options),
    variables: { ...desired.variables },
    ...(desired.secrets === undefined ? {} : { secrets: { ...desired.secrets } }),
    ...(desired.canary === undefined ? {} : { canary: desired.canary }),
    actions: [...parts.actions],
    warnings: [...parts.warnings],
    basis: parts.basis,
  };
}

/** The one action of a plan that has nothing to do. */
export function noop(resource: string): PlanAction {
  return { kind: "noop", resource, reasons: ["it is as desired"], risk: "none" };
}
