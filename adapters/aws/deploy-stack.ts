/**
 * Brings one stack of a CDK app to what the app says: prepared as a change set, compared with what the plan announced,
 * then executed. What the plan did not announce is not done, and what stands in the way is waited for or named.
 *
 * @module
 */
import { randomUUID } from "node:crypto";
import { BentoError } from "../../core/bento-error.ts";
import type { OnProgress } from "../../core/progress.ts";
import { runStep } from "../../core/run-step.ts";
import {
  type ChangeSet,
  checkAnnounced,
  checkOnly,
  deleteChangeSet,
  type ExpectedChange,
  executeChangeSet,
  isEmpty,
  readChangeSet,
} from "./change-set.ts";
import { removeStack } from "./destroy-stack.ts";
import { checkOwner } from "./ownership.ts";
import { prepareChangeSet, type SynthesizedApp } from "./prepare-change-set.ts";
import type { AwsSession } from "./session.ts";
import { newestEvent } from "./stack-events.ts";
import { deployFailure, stuckStack } from "./stack-failure.ts";
import { stackState } from "./stack-state.ts";
import { describeStack, type StackSummary } from "./stacks.ts";
import { type StackWaiting, type Watched, watchStack } from "./watch-stack.ts";

export type { ExpectedChange } from "./change-set.ts";

export interface DeployStackOptions extends StackWaiting {
  /** Builds the app and synthesises it into the folder, e.g. `async (outdir) => { …; return app.synth(); }`. */
  readonly synthesize: (outdir: string) => Promise<SynthesizedApp>;
  /** One of the app's; the others are left alone. */
  readonly stackName: string;
  /** The bento that the stack is of: one labelled with another is never changed. */
  readonly bentoName: string;
  /** E.g. `bento-` and 12 digits of the plan's hash. */
  readonly changeSetName: string;
  /** Replacements and removals that are not among them make the plan stale. */
  readonly expected: readonly ExpectedChange[];
  /** Types of resources that alone may change; any other makes the plan stale. @default any may */
  readonly only?: readonly string[] | undefined;
  /** The plan said: delete a stack whose creation failed, and create it. @default false */
  readonly isReplaceAnnounced?: boolean | undefined;
  /** BENTO_HOME: files of the CDK go into a folder of this, removed afterwards. Absolute. */
  readonly home: string;
  readonly onProgress: OnProgress;
  /** @default the session's */
  readonly signal?: AbortSignal | undefined;
}

export interface DeployedStack {
  /** Its ARN. */
  readonly id: string;
  readonly outputs: Readonly<Record<string, string>>;
  /** False when there was nothing to do. */
  readonly isChanged: boolean;
}

/**
 * @throws BentoError BENTO_STALE_PLAN when the change set holds what was not announced, BENTO_CONFLICT when the stack is
 * another bento's or somebody else deploys it, BENTO_UNHEALTHY when a resource failed and the stack was rolled back,
 * BENTO_ROLLBACK_FAILED when that failed too, BENTO_INTERRUPTED, BENTO_PLATFORM, BENTO_UNREACHABLE, BENTO_MISSING_PEER
 */
export async function deployStack(
  given: AwsSession,
  options: DeployStackOptions,
): Promise<DeployedStack> {
  const session = { ...given, signal: options.signal ?? given.signal };
  const standing = await readyStack(session, options);
  const { onProgress, stackName } = options;
  const { paths, changeSet } = await runStep(
    onProgress,
    { step: `prepare stack ${stackName}` },
    () => prepared(session, options, standing),
  );
  if (isEmpty(changeSet)) {
    await deleteChangeSet(session, changeSet);
    const { id = changeSet.stackId, outputs = {} } = standing ?? {};
    return { id, outputs, isChanged: false };
  }
  const step = `${standing === undefined ? "create" : "update"} stack ${stackName}`;
  const watched = await runStep(onProgress, { step }, () =>
    execute(session, options, { changeSet, paths }),
  );
  return { id: watched.stack.id, outputs: watched.stack.outputs, isChanged: true };
}

/** What stands and takes a change; undefined where the stack is to be created. */
async function readyStack(
  session: AwsSession,
  options: DeployStackOptions,
): Promise<StackSummary | undefined> {
  const found = await describeStack(session, options.stackName);
  const stack = found && (await settled(session, found, options));
  const state = stackState(stack?.status);
  if (stack === undefined || state === "absent") {
    return undefined;
  }
  checkOwner({ what: `stack ${stack.name}`, tags: stack.tags }, options.bentoName);
  if (state === "stuck") {
    throw stuckStack(session, stack);
  }
  if (state === "standing") {
    return stack;
  }
  if (options.isReplaceAnnounced !== true) {
    throw new BentoError("BENTO_STALE_PLAN", `${stack.name} is ${stack.status}`, {
      where: stack.id,
      hint: "make the plan again: it deletes what is left of this stack and creates it",
    });
  }
  await removeStack(session, stack, options);
  return undefined;
}

/** Attaches to what CloudFormation is doing: somebody else's deploy, or ours that was killed. */
async function settled(
  session: AwsSession,
  stack: StackSummary,
  options: DeployStackOptions,
): Promise<StackSummary> {
  if (stackState(stack.status) !== "busy") {
    return stack;
  }
  checkOwner({ what: `stack ${stack.name}`, tags: stack.tags }, options.bentoName);
  const step = `wait for stack ${stack.name}: ${stack.status}`;
  const watched = await runStep(options.onProgress, { step }, async () =>
    watchStack(session, stack, { ...options, since: await newestEvent(session, stack.id) }),
  );
  return watched.stack;
}

interface Prepared {
  readonly changeSet: ChangeSet;
  readonly paths: ReadonlyMap<string, string>;
}

/** A change set that may be executed, or an empty one. Any other is deleted. */
async function prepared(
  session: AwsSession,
  options: DeployStackOptions,
  standing: StackSummary | undefined,
): Promise<Prepared> {
  let paths: ReadonlyMap<string, string> | undefined;
  let refusal: unknown;
  try {
    paths = await prepareChangeSet(session, {
      ...options,
      isProtected: standing?.isProtected ?? false,
    });
  } catch (error) {
    session.signal?.throwIfAborted();
    refusal = error;
  }
  const changeSet = await readChangeSet(session, options).catch((error: unknown) => {
    throw refusal ?? error;
  });
  if (changeSet === undefined) {
    throw (
      refusal ??
      new BentoError("BENTO_CONFLICT", "another deploy took the change set away", {
        where: `stack ${options.stackName}`,
        hint: "run the same command again: it waits for the other one and plans anew",
      })
    );
  }
  try {
    if (paths === undefined || (changeSet.status === "FAILED" && !isEmpty(changeSet))) {
      throw refusedChangeSet(changeSet, refusal);
    }
    checkAnnounced(changeSet, options.expected);
    checkOnly(changeSet, options.only);
  } catch (error) {
    await deleteChangeSet(session, changeSet).catch(() => {}); // what went wrong before says more
    throw error;
  }
  return { changeSet, paths };
}

/** CloudFormation's own words say more than the library's. */
function refusedChangeSet({ status, statusReason, stackId }: ChangeSet, refusal: unknown): unknown {
  return status !== "FAILED" || statusReason === ""
    ? refusal
    : new BentoError("BENTO_PLATFORM", `CloudFormation refused the change: ${statusReason}`, {
        where: stackId,
        hint: "mend what it names, then deploy again; nothing was changed",
        cause: refusal,
      });
}

async function execute(
  session: AwsSession,
  options: DeployStackOptions,
  { changeSet, paths }: Prepared,
): Promise<Watched> {
  const since = await newestEvent(session, changeSet.stackId);
  await executeChangeSet(session, changeSet, randomUUID());
  const begun = await describeStack(session, changeSet.stackId);
  if (begun === undefined) {
    throw new BentoError("BENTO_CONFLICT", `${options.stackName} was deleted meanwhile`, {
      where: changeSet.stackId,
      hint: "run the same command again: it plans anew",
    });
  }
  const total = changeSet.changes.length;
  const watched = await watchStack(session, begun, { ...options, since, paths, total });
  if (!SUCCESSES.has(watched.stack.status)) {
    throw deployFailure(session, watched, paths);
  }
  return watched;
}

const SUCCESSES: ReadonlySet<string> = new Set(["CREATE_COMPLETE", "UPDATE_COMPLETE"]);
