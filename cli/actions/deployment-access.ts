/**
 * Prints who may deploy, as the platform's own documents.
 *
 * @module
 */
import type { AccessPolicies } from "../../adapters/adapter.ts";
import { BentoError } from "../../core/bento-error.ts";
import type { CliContext } from "../context.ts";
import { type DeploymentFlags, namedDeployment } from "../deployment-key.ts";
import { parseKeyValues } from "../key-values.ts";
import { printDocument } from "../output.ts";

type Work = "deploy" | "promote" | "boundary";

export interface PolicyFlags extends DeploymentFlags {
  readonly for: Work;
  readonly bento?: string;
  /** `VARIABLE=REFERENCE`, as typed. */
  readonly secret?: readonly string[];
  /** From 1, as typed. */
  readonly part?: string;
}

export async function printPolicy(
  context: CliContext,
  name: string,
  flags: PolicyFlags,
): Promise<void> {
  const { key, given, runtime } = await namedDeployment(context, name, flags);
  const { accessPolicies } = await import("../../deploy/access.ts");
  const secrets = parseKeyValues("--secret", flags.secret, "API_KEY=REFERENCE");
  const policies = await accessPolicies(key, runtime, { ...given, bento: flags.bento, secrets });
  if (flags.json === true) {
    await printDocument(context, policies, "json");
    return;
  }
  const parts = flags.for === "boundary" ? undefined : policies.parts?.[flags.for];
  const whole = documentFor(policies, flags.for);
  if (flags.part !== undefined) {
    await printDocument(context, partOf(parts ?? [whole], flags.part), "json");
    return;
  }
  await printDocument(context, whole, "json");
  if (parts !== undefined) {
    const characters = JSON.stringify(whole).length;
    context.err(
      `it has ${characters} characters, too many for one policy: print it by --part 1 to --part ${parts.length}, and give them all\n`,
    );
  }
  if (policies.boundary !== undefined && flags.for === "deploy") {
    context.err(
      `roles that it makes must be bounded by ${policies.boundary.name}: make that policy from --for boundary, and set it as permissionsBoundary in bentofile.yaml's environment\n`,
    );
  }
}
function documentFor(policies: AccessPolicies, work: Work): object {
  return work === "boundary" ? (policies.boundary?.document ?? {}) : policies[work];
}

function partOf(parts: readonly object[], part: string): object {
  const found = /^\d+$/.test(part) ? parts[Number(part) - 1] : undefined;
  if (found === undefined) {
    throw new BentoError("BENTO_USAGE", `part ${part} of ${parts.length}`, {
      where: "--part",
      hint: `give a number from 1 to ${parts.length}`,
    });
  }
  return found;
}

export async function printTrust(
  context: CliContext,
  flags: DeploymentFlags & { readonly github: string },
): Promise<void> {
  const { key, given, runtime } = await namedDeployment(context, "any", flags);
  const { trustOfJobs } = await import("../../deploy/access.ts");
  const jobs = { github: flags.github, environment: flags.env };
  await printDocument(context, await trustOfJobs(key, jobs, runtime, given), "json");
}
