/**
 * Updates the stack of a service and watches the service meanwhile: whichever knows first how it ends, tells.
 *
 * @module
 */
import { BentoError } from "../../core/bento-error.ts";
import type { EcsAppSpec } from "../../infra/ecs-spec.ts";
import type { DeployContext } from "../adapter.ts";
import { deployStack, type ExpectedChange } from "../aws/deploy-stack.ts";
import type { AwsSession } from "../aws/session.ts";
import { importApp } from "./import-app.ts";
import { lastLines } from "./last-lines.ts";
import { servicePlace } from "./service-place.ts";
import { failureOf } from "./task-failures.ts";
import {
  type Before,
  beforeOf,
  type Failure,
  newFailures,
  type Seen,
  watchService,
} from "./watch-service.ts";

export interface DeployService {
  readonly spec: EcsAppSpec;
  readonly changeSetName: string;
  readonly expected: readonly ExpectedChange[];
  /** Types of resources that alone may change. @default any may */
  readonly only?: readonly string[] | undefined;
  readonly isReplaceAnnounced?: boolean | undefined;
  readonly deadlineMs: number;
}

/** CloudFormation gets this longer than we wait, to take things back. */
const GRACE_MS = 10 * 60_000;

/**
 * @returns the stage at which the new version waits for a word; undefined when it is up
 * @throws BentoError as `deployStack` does; BENTO_UNHEALTHY tells why tasks stopped, with their last lines
 */
export async function deployService(
  session: AwsSession,
  request: DeployService,
  context: DeployContext,
): Promise<string | undefined> {
  const { spec, deadlineMs } = request;
  const { onProgress, home } = context;
  const stackName = spec.serviceStack;
  const before = await beforeOf(session, stackName);
  const failure: Failure = { reasons: new Set(), lines: [] };
  const { writeEcsApp } = await importApp(context.projectDirectory);
  const [leaving, ending] = [new AbortController(), new AbortController()];
  const deployed = deployStack(stoppable(session, leaving), {
    ...request,
    synthesize: async (outdir) => writeEcsApp(spec, outdir),
    stackName,
    bentoName: spec.bentoName,
    home,
    deadlineMs: deadlineMs + GRACE_MS,
    onProgress,
  });
  const watch = { stackName, name: spec, before, deadlineMs, onProgress, failure };
  const watched = watchService(stoppable(session, ending), watch).catch((error: unknown) => {
    tellUnwatched(error, { isOver: ending.signal.aborted || isStopped(session), onProgress });
    return undefined;
  });
  try {
    return await firstToEnd(deployed, watched, leaving);
  } catch (error) {
    await ended(watched, ending);
    throw await explained(error, session, { stackName, before, failure });
  } finally {
    await ended(watched, ending);
  }
}

/** @returns the stage at which it waits */
async function firstToEnd(
  deployed: Promise<object>,
  watched: Promise<Seen | undefined>,
  leaving: AbortController,
): Promise<string | undefined> {
  const seen = await Promise.race([deployed.then(() => undefined), watched]);
  if (seen?.kind === "paused") {
    leaving.abort(new Error(`it waits at ${seen.stage}`));
    await deployed.catch(() => {}); // CloudFormation goes on with it
    return seen.stage;
  }
  await deployed;
  return undefined;
}

async function ended(watched: Promise<unknown>, ending: AbortController): Promise<void> {
  ending.abort(new Error("the deploy has ended"));
  await watched;
}

function stoppable(session: AwsSession, { signal }: AbortController): AwsSession {
  return {
    ...session,
    signal: session.signal === undefined ? signal : AbortSignal.any([session.signal, signal]),
  };
}

function isStopped({ signal }: AwsSession): boolean {
  return signal?.aborted === true;
}

function tellUnwatched(
  error: unknown,
  { isOver, onProgress }: { isOver: boolean; onProgress: DeployContext["onProgress"] },
): void {
  if (!isOver) {
    const words = error instanceof Error ? error.message : String(error);
    onProgress({ kind: "notice", message: `the service is not watched: ${words}` });
  }
}

interface Failed {
  readonly stackName: string;
  readonly before: Before;
  readonly failure: Failure;
}

/** CloudFormation only knows that the service did not come up; ECS and the log know why. */
async function explained(error: unknown, session: AwsSession, failed: Failed): Promise<unknown> {
  const { reasons } = failed.failure;
  if (!BentoError.isInstance(error) || isStopped(session)) {
    return error;
  }
  if (reasons.size === 0) {
    await addReasons(session, failed);
  }
  if (reasons.size === 0) {
    return error;
  }
  const { lines } = failed.failure;
  const log =
    lines.length === 0 ? [] : ["its log ended with:", ...lines.map((line) => `  ${line}`)];
  return new BentoError(error.code, [error.message, ...reasons, ...log].join("\n"), {
    where: error.where,
    hint: error.hint,
    cause: error,
  });
}

/** For a deploy that failed before it was looked at. */
async function addReasons(
  session: AwsSession,
  { stackName, before, failure }: Failed,
): Promise<void> {
  try {
    const place = await servicePlace(session, stackName);
    for (const task of place === undefined ? [] : await newFailures(session, place, before)) {
      failure.reasons.add(`a task stopped: ${failureOf(task)}`);
      failure.lines = await lastLines(session, stackName, task.taskArn);
    }
  } catch {
    // what went wrong before says more
  }
}
