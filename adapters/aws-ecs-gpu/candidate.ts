/**
 * The version that a deploy brought up, and whether ECS itself calls it up.
 *
 * @module
 */
import { BentoError } from "../../core/bento-error.ts";
import type { EcsAppSpec } from "../../infra/ecs-spec.ts";
import type { Candidate, DeployContext } from "../adapter.ts";
import type { AwsSession } from "../aws/session.ts";
import { askTask, type Question } from "./ask-task.ts";
import { sessionOf, stackOf, standingOf } from "./details.ts";
import { newestDeployment, readService } from "./ecs-reads.ts";
import { answering } from "./golden-questions.ts";
import { observeService } from "./observe.ts";
import { servicePlace } from "./service-place.ts";
import { verbLine } from "./verb-line.ts";

/** Knows the way back. */
export interface EcsCandidate extends Candidate {
  /** What stood before; undefined when nothing did. */
  readonly before: EcsAppSpec | undefined;
  /** Stage at which it waits for a word. */
  readonly pausedAt: string | undefined;
}

interface Asked {
  /** What it is asked in a task of its own; undefined where it is not asked. */
  readonly questions: readonly Question[] | undefined;
}

export async function candidateOf(
  session: AwsSession,
  context: DeployContext,
  { questions, ...own }: Pick<EcsCandidate, "before" | "pausedAt"> & Asked,
): Promise<EcsCandidate> {
  const stack = await stackOf(session, context);
  const service = stack === undefined ? undefined : await observeService(session, stack);
  const standing =
    stack === undefined ? undefined : standingOf(session, stack, service?.taskDefinition);
  if (standing === undefined) {
    throw new BentoError("BENTO_CONFLICT", "the stack was taken away meanwhile", {
      where: `stack of ${context.name}`,
      hint: "run the same command again: it plans anew",
    });
  }
  const { taskDefinition } = service ?? {};
  if (stack === undefined || taskDefinition === undefined || questions === undefined) {
    return { ...standing, ...own };
  }
  const version = { stackName: stack.name, taskDefinition };
  const send = answering(questions, async () => await askTask(session, version, questions));
  return { ...standing, ...own, send };
}

/** @throws BentoError BENTO_BUG for a candidate of another platform */
export function expectCandidate(candidate: Candidate): EcsCandidate {
  if (!("before" in candidate && "pausedAt" in candidate)) {
    throw new BentoError("BENTO_BUG", "a candidate that is not of ECS");
  }
  return candidate as EcsCandidate;
}

/**
 * CloudFormation has waited until the service was steady; here it is seen that it is ours that is.
 *
 * @throws BentoError BENTO_UNHEALTHY when it runs another image, too few tasks, or was taken back
 */
export async function verifyEcs(
  candidate: EcsCandidate,
  imageDigest: string,
  context: DeployContext,
): Promise<void> {
  const session = await sessionOf({ ...context, details: candidate.details });
  const stack = await stackOf(session, context);
  const place = stack === undefined ? undefined : await servicePlace(session, stack.name);
  const service = place === undefined ? undefined : await readService(session, place);
  const observed = stack === undefined ? undefined : await observeService(session, stack);
  const deployment = place === undefined ? undefined : await newestDeployment(session, place);
  const problems: string[] = [];
  if (observed?.imageDigest !== imageDigest) {
    problems.push(`it runs ${observed?.imageDigest ?? "no image"} instead of ${imageDigest}`);
  }
  const { desiredCount = 0, runningCount = 0 } = service ?? {};
  if (runningCount < Math.max(1, desiredCount)) {
    problems.push(`${runningCount} of ${desiredCount} tasks run`);
  }
  if (deployment?.status !== undefined && /ROLLBACK|STOP/.test(deployment.status)) {
    problems.push(`ECS took it back: ${deployment.statusReason ?? deployment.status}`);
  }
  if (problems.length > 0) {
    throw new BentoError("BENTO_UNHEALTHY", problems.join("\n"), {
      where: place?.service ?? `service of ${context.name}`,
      hint: `look at its log: ${verbLine("logs", context)}; mend it and deploy again`,
    });
  }
}
