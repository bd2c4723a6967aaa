/**
 * Brings the two stacks of a bento to what was planned: that of its images, and that of its function.
 *
 * @module
 */
import { createRequire } from "node:module";
import * as z from "zod";
import { BentoError } from "../../core/bento-error.ts";
import { digestHex } from "../../core/digest.ts";
import { type Plan, planDigest } from "../../core/plan.ts";
import type { DeployContext } from "../adapter.ts";
import type { ExpectedChange } from "../aws/change-set.ts";
import { type DeployStackOptions, deployStack } from "../aws/deploy-stack.ts";
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

/**
 * The constructs. The peers may be in the user's project while this package is elsewhere, where it cannot see them.
 *
 * @throws BentoError BENTO_MISSING_PEER
 */
export async function importInfra(projectDirectory: string) {
  try {
    return await import("../../infra/lambda-app.ts");
  } catch (cause) {
    if (!(cause instanceof Error && "code" in cause && cause.code === "ERR_MODULE_NOT_FOUND")) {
      throw cause;
    }
    throw new BentoError("BENTO_MISSING_PEER", "this bento cannot load the project's aws-cdk-lib", {
      where: projectDirectory,
      hint: `install bentokit in the project beside it: npm i -D bentokit@${ownVersion()}`,
      cause,
    });
  }
}

/** Version of this package. */
export function ownVersion(): string {
  const manifest = createRequire(import.meta.url)("bentokit/package.json");
  return z.object({ version: z.string() }).parse(manifest).version;
}
