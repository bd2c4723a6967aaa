/**
 * Prints who may deploy, as the platform's own documents.
 *
 * @module
 */
import type { AccessPolicies } from "../../adapters/adapter.ts";
import type { CliContext } from "../context.ts";
import { type DeploymentFlags, namedDeployment } from "../deployment-key.ts";
import { printDocument } from "../output.ts";

type Work = "deploy" | "promote" | "boundary";

export async function printPolicy(
  context: CliContext,
  name: string,
  flags: DeploymentFlags & { readonly for: Work; readonly bento?: string },
): Promise<void> {
  const { key, given, runtime } = await namedDeployment(context, name, flags);
  const { accessPolicies } = await import("../../deploy/access.ts");
  const policies = await accessPolicies(key, runtime, { ...given, bento: flags.bento });
  if (flags.json === true) {
    await printDocument(context, policies, "json");
    return;
  }
  await printDocument(context, documentFor(policies, flags.for), "json");
  if (policies.boundary !== undefined && flags.for === "deploy") {
    context.err(
      `roles that it makes must be bounded by ${policies.boundary.name}: make that policy from --for boundary, and set it as permissionsBoundary in bentofile.yaml's environment\n`,
    );
  }
}

function documentFor(policies: AccessPolicies, work: Work): object {
  return work === "boundary" ? (policies.boundary?.document ?? {}) : policies[work];
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
