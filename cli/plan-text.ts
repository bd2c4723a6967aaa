/**
 * A plan as a person reads it before saying yes.
 *
 * @module
 */
import { type Plan, planDigest } from "../core/plan.ts";
import { formatBytes } from "../core/units.ts";

const SIGNS: Readonly<Record<string, string>> = {
  create: "+",
  registry: "+",
  push: "↑",
  version: "+",
  update: "~",
  replace: "±",
  delete: "-",
  traffic: "→",
  noop: "=",
};

/** Several lines, each ended. */
export function planText(plan: Plan): string {
  const { bento, image } = plan;
  const lines = [
    `plan ${planDigest(plan).slice(0, 19)}  ${plan.name} on ${plan.platform}, environment ${plan.environment}`,
  ];
  lines.push(`  bento  ${bento.name}:${bento.version}`);
  for (const [key, model] of Object.entries(bento.models)) {
    lines.push(`  model  ${key} = ${model.tag}`);
  }
  if (image !== undefined) {
    lines.push(`  image  ${image.digest} (${image.platform}, ${formatBytes(image.bytes)})`);
    lines.push(...(image.signedBy === undefined ? [] : [`         signed by ${image.signedBy}`]));
  }
  for (const [name, reference] of Object.entries(plan.secrets ?? {})) {
    lines.push(`  secret ${name} = ${reference}`);
  }
  if (plan.canary !== undefined) {
    lines.push(`  canary ${plan.canary} % of the traffic first`);
  }
  for (const action of plan.actions) {
    const risk = action.risk === "none" ? "" : `  [${action.risk}]`;
    lines.push(`  ${SIGNS[action.kind] ?? "?"} ${action.kind.padEnd(8)} ${action.resource}${risk}`);
    lines.push(...action.reasons.map((reason) => `      ${reason}`));
  }
  lines.push(...plan.warnings.map((warning) => `  ! ${warning}`));
  return `${lines.join("\n")}\n`;
}
