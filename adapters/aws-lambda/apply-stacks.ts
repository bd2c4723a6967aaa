/**
 * Brings the two stacks of a bento to what was planned: that of its images, and that of its function.
 *
 * @module
 */
import { digestHex } from "../../core/digest.ts";
import { type Plan, planDigest } from "../../core/plan.ts";
import type { DeployContext } from "../adapter.ts";
import type { ExpectedChange } from "../aws/change-set.ts";
import { type DeployStackOptions, deployStack } from "../aws/deploy-stack.ts";
import { importCdkApp } from "../aws/import-cdk-app.ts";
import type { AwsSession } from "../aws/session.ts";
import type { Decision } from "./decide.ts";
import { expectedChanges } from "./settings-changes.ts";

export interface ApplyStacks {
  readonly session: AwsSession;
  readonly plan: Plan;
  readonly decision: Decision;
  readonly context: DeployContext;
}

/** Makes the repository's stack where there is none. */
export async function applyRegistryStack(request: ApplyStacks): Promise<void> {
  // of another name, it is another repository: the old one is kept with its images
  const expected: ExpectedChange[] = [
    { resourceType: "AWS::ECR::Repository", action: "Modify", isReplacement: true },
  ];
  await applyStack(request, {
    stackName: request.decision.spec.registryStack,
    expected,
    isReplaceAnnounced: true, // one that was rolled back when it was made holds nothing
  });
}

/** @returns the stack's outputs */
export async function applyServiceStack(
  request: ApplyStacks,
): Promise<Readonly<Record<string, string>>> {
  const { spec, before, stack } = request.decision;
  return await applyStack(request, {
    stackName: spec.serviceStack,
    expected: expectedChanges(before?.settings, spec.settings),
    isReplaceAnnounced: stack === "recreate",
  });
}

async function applyStack(
  { session, plan, decision, context }: ApplyStacks,
  stack: Pick<DeployStackOptions, "stackName" | "expected" | "isReplaceAnnounced">,
): Promise<Readonly<Record<string, string>>> {
  const { spec } = decision;
  const { synthesizeLambdaStacks } = await importInfra(context.projectDirectory);
  const { outputs } = await deployStack(session, {
    synthesize: (outdir) => synthesizeLambdaStacks(spec, { outdir, traffic: "cli" }),
    ...stack,
    bentoName: spec.bentoName,
    changeSetName: `bento-${digestHex(planDigest(plan)).slice(0, 12)}`,
    home: context.home,
    onProgress: context.onProgress,
    signal: context.signal,
  });
  return outputs;
}

/** @throws BentoError BENTO_MISSING_PEER */
export async function importInfra(projectDirectory: string) {
  return await importCdkApp(projectDirectory, () => import("../../infra/lambda-app.ts"));
}
