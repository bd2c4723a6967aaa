/**
 * Watches a service while its stack is deployed, and ends early what will not come up: ECS itself would try for half an
 * hour, CloudFormation for three.
 *
 * @module
 */

import { setTimeout as sleep } from "node:timers/promises";
import type { ServiceDeployment, Task } from "@aws-sdk/client-ecs";
import type { OnProgress } from "../../core/progress.ts";
import { awsCall } from "../aws/aws-error.ts";
import type { AwsSession } from "../aws/session.ts";
import { newestDeployment, stoppedTasks } from "./ecs-reads.ts";
import { lastLines } from "./last-lines.ts";
import { type ServiceName, type ServicePlace, servicePlace } from "./service-place.ts";
import { failedTasks, failureOf } from "./task-failures.ts";

/** So many tasks that end by themselves are no accident. */
const MOST_FAILURES = 3;
const POLL_MS = 1000;
const SLOWEST_MS = 15_000;

/** What is seen of a failure while it can be: what is rolled back has neither tasks nor a log group in its stack. */
export interface Failure {
  readonly reasons: Set<string>;
  /** The end of the log. */
  lines: readonly string[];
}

/** What was there before, which is not counted. */
export interface Before {
  readonly deployment: string | undefined;
  readonly stopped: ReadonlySet<string>;
}

export interface WatchService {
  readonly stackName: string;
  readonly name: ServiceName;
  readonly before: Before;
  readonly deadlineMs: number;
  readonly onProgress: OnProgress;
  /** Gets what is seen of a failure. */
  readonly failure: Failure;
}

/** Why the watch ended. */
export type Seen =
  /** It waits for a word at a stage. */
  | { readonly kind: "paused"; readonly stage: string }
  /** It was stopped: it would not come up. */
  | { readonly kind: "stopped" };

export async function beforeOf(session: AwsSession, stackName: string): Promise<Before> {
  const place = await servicePlace(session, stackName);
  if (place === undefined) {
    return { deployment: undefined, stopped: new Set() };
  }
  const deployment = await newestDeployment(session, place);
  const stopped = await stoppedTasks(session, place);
  return {
    deployment: deployment?.serviceDeploymentArn,
    stopped: new Set(stopped.map(({ taskArn = "" }) => taskArn)),
  };
}

/**
 * Goes on until the session's signal, or until there is something to tell.
 *
 * @throws the signal's reason; BentoError BENTO_UNREACHABLE
 */
export async function watchService(session: AwsSession, options: WatchService): Promise<Seen> {
  const { signal } = session;
  const startedMs = performance.now();
  const told = new Set<string>();
  for (let pause = POLL_MS; ; pause = Math.min(pause * 1.5, SLOWEST_MS)) {
    const place = await servicePlace(session, options.stackName, options.name);
    const seen = place === undefined ? undefined : await look(session, place, { ...options, told });
    if (seen !== undefined) {
      return seen;
    }
    if (place !== undefined && performance.now() - startedMs > options.deadlineMs) {
      const minutes = Math.round(options.deadlineMs / 60_000);
      options.failure.reasons.add(`it was not up after ${minutes} minutes`);
      const since = (await newestDeployment(session, place))?.createdAt?.getTime();
      options.failure.lines = await lastLines(session, options.stackName, undefined, since);
      await stopDeployment(session, place, options.before);
      return { kind: "stopped" };
    }
    await sleep(pause, undefined, signal === undefined ? {} : { signal });
  }
}

async function look(
  session: AwsSession,
  place: ServicePlace,
  { stackName, before, onProgress, failure, told }: WatchService & { readonly told: Set<string> },
): Promise<Seen | undefined> {
  const deployment = await newestDeployment(session, place);
  if (deployment === undefined || deployment.serviceDeploymentArn === before.deployment) {
    return undefined;
  }
  const stage = pausedAt(deployment);
  if (stage !== undefined) {
    return { kind: "paused", stage };
  }
  if (deployment.status !== "IN_PROGRESS" && deployment.status !== "PENDING") {
    return undefined; // CloudFormation tells how it ended
  }
  const failures = await newFailures(session, place, before);
  for (const task of failures.filter(({ taskArn = "" }) => !told.has(taskArn))) {
    const reason = `a task stopped: ${failureOf(task)}`;
    told.add(task.taskArn ?? "");
    if (!failure.reasons.has(reason)) {
      onProgress({ kind: "notice", message: reason });
    }
    failure.reasons.add(reason);
    failure.lines = await lastLines(session, stackName, task.taskArn);
  }
  if (failures.length < MOST_FAILURES) {
    return undefined;
  }
  await stopDeployment(session, place, before);
  return { kind: "stopped" };
}

/** Tasks that ended by themselves since then. */
export async function newFailures(
  session: AwsSession,
  place: ServicePlace,
  { stopped }: Pick<Before, "stopped">,
): Promise<readonly Task[]> {
  const tasks = await stoppedTasks(session, place);
  return failedTasks(tasks).filter(({ taskArn = "" }) => !stopped.has(taskArn));
}

/** The stage at which it waits for a word. */
export function pausedAt(deployment: ServiceDeployment | undefined): string | undefined {
  return pausedHook(deployment) === undefined
    ? undefined
    : (deployment?.lifecycleStage ?? "an unnamed stage");
}

/** The hook that waits for a word, by its id. */
export function pausedHook(deployment: ServiceDeployment | undefined): string | undefined {
  return deployment?.lifecycleHookDetails?.find(({ status }) => status === "AWAITING_ACTION")
    ?.hookId;
}

/**
 * Where there is something to go back to, ECS goes back; CloudFormation hears of it and follows.
 *
 * @param before - its deployment is undefined where there is nothing to go back to
 * @returns false when none is under way
 */
export async function stopDeployment(
  session: AwsSession,
  place: ServicePlace,
  { deployment: earlier }: Pick<Before, "deployment">,
): Promise<boolean> {
  const deployment = await newestDeployment(session, place);
  const serviceDeploymentArn = deployment?.serviceDeploymentArn;
  if (deployment?.status !== "IN_PROGRESS" && deployment?.status !== "PENDING") {
    return false;
  }
  const ecs = await session.ecs();
  const stopType = earlier === undefined ? "ABORT" : "ROLLBACK";
  await awsCall(
    session,
    { action: "ecs:StopServiceDeployment", resource: serviceDeploymentArn },
    (call) => ecs.stopServiceDeployment({ serviceDeploymentArn, stopType }, call),
  );
  return true;
}
