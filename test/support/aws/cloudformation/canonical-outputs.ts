/**
 * Whether two templates tell the same outputs.
 *
 * @module
 */
import { canonical } from "./stack-run.ts";
import type { Target } from "./stack-state.ts";

/** One text for the same outputs. */
export function canonicalOutputs({ template }: Target): string {
  return canonical(template.document["Outputs"] ?? {});
}
