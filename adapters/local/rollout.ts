/**
 * Carries a plan out on this machine, new beside old: the old process is stopped only once the new one is verified, or
 * first where both want the same port; then a roll back starts it again.
 *
 * @module
 */
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { BentoError } from "../../core/bento-error.ts";
import type {
  ApplyRequest,
  Candidate,
  DeployContext,
  DeploymentStatus,
  Rollout,
  Standing,
} from "../adapter.ts";
import { type LocalProcess, processOf } from "./local-process.ts";
import { logLines } from "./log-file.ts";
import type { LocalOptions } from "./options.ts";
import { desiredProcess } from "./plan.ts";
import { assertPortFree, freePort } from "./port.ts";
import { forgetProcess, rememberedProcesses, rememberProcess } from "./process-files.ts";
import { isAlive } from "./process-identity.ts";
import { askReadiness, waitUntilReady } from "./readiness.ts";
import { startProcess } from "./start.ts";
import { stopProcess } from "./stop.ts";

export const localRollout: Rollout<LocalOptions> = {
  apply: applyLocal,
  async verify(candidate, { desired }, { signal }) {
    const { startTimeoutSeconds } = desired.options;
    const started = expectProcess(candidate);
    await waitUntilReady(started, { timeoutSeconds: startTimeoutSeconds, signal });
  },
  async traffic(candidate, _request, context) {
    await stopAllBut(expectProcess(candidate), context);
    return { details: candidate.details, url: candidate.url };
  },
  rollBack: rollBackLocal,
  status: statusLocal,
  logs: logsLocal,
  async destroy(context) {
    await stopAllBut(undefined, context);
    await rm(runFolder(context), { recursive: true, force: true });
  },
};

async function applyLocal(
  { desired, directory, plan }: ApplyRequest<LocalOptions>,
  context: DeployContext,
): Promise<Candidate> {
  const { options, manifest } = desired;
  const old = processOf(context.details);
  if (old !== undefined && plan.actions.some((action) => action.risk === "interrupts")) {
    await stop(old, context);
  }
  if (options.port !== undefined) {
    await assertPortFree(options.port, options.host);
  }
  const port = options.port ?? (await freePort(options.host));
  const started = await startProcess(
    {
      ...desiredProcess(desired),
      port,
      directory,
      // A file a version and port, so that the log of what still runs is never written over.
      log: join(runFolder(context), `${manifest.version}-${port}.log`),
      stopTimeoutSeconds: options.stopTimeoutSeconds,
    },
    context.ambient,
  );
  await rememberProcess(runFolder(context), started);
  return {
    ...standing(started),
    send: async (path, init) => await fetch(`${started.url}${path}`, init),
  };
}

async function rollBackLocal(
  candidate: Candidate | undefined,
  { desired }: ApplyRequest<LocalOptions>,
  context: DeployContext,
): Promise<Standing | undefined> {
  if (candidate !== undefined) {
    await stop(expectProcess(candidate), context);
  }
  const old = processOf(context.details);
  if (old === undefined) {
    return undefined;
  }
  if (await isAlive(old)) {
    return standing(old);
  }
  const again = await startProcess(old, context.ambient);
  await rememberProcess(runFolder(context), again);
  await waitUntilReady(again, { timeoutSeconds: desired.options.startTimeoutSeconds });
  return standing(again);
}

async function statusLocal(context: DeployContext): Promise<DeploymentStatus> {
  const known = processOf(context.details);
  if (known === undefined || !(await isAlive(known))) {
    const summary = known === undefined ? "nothing runs" : `process ${known.pid} is gone`;
    return { state: "gone", summary };
  }
  const { isReady, serves } = await askReadiness(known.url, context.signal);
  return {
    state: isReady ? "ready" : "not-ready",
    summary: `process ${known.pid} ${isReady ? "answers" : "is not ready"} at ${known.url}`,
    url: known.url,
    ...(serves === undefined ? {} : { serves }),
  };
}

async function* logsLocal(
  options: Parameters<Rollout["logs"]>[0],
  context: DeployContext,
): AsyncIterable<string> {
  const path = processOf(context.details)?.log ?? context.details?.["log"];
  if (typeof path !== "string") {
    throw new BentoError("BENTO_NOT_FOUND", `${context.name} has no log`, {
      where: `local, environment ${context.environment}`,
    });
  }
  yield* logLines(path, { ...options, signal: context.signal });
}

async function stop(target: LocalProcess, context: DeployContext): Promise<void> {
  await stopProcess(target);
  await forgetProcess(runFolder(context), target);
}

/** Stops what the record knows and what an interrupted deploy left. */
async function stopAllBut(kept: LocalProcess | undefined, context: DeployContext): Promise<void> {
  const recorded = processOf(context.details);
  const remembered = await rememberedProcesses(runFolder(context));
  for (const target of recorded === undefined ? remembered : [recorded, ...remembered]) {
    if (target.pid !== kept?.pid) {
      await stop(target, context);
    }
  }
}

function standing(process: LocalProcess): Standing {
  return { details: { process }, url: process.url };
}

function expectProcess(candidate: Candidate): LocalProcess {
  const found = processOf(candidate.details);
  if (found === undefined) {
    throw new BentoError("BENTO_BUG", "a local candidate without a process");
  }
  return found;
}

/** Everything about one deployment on this machine, removed with it. */
function runFolder({ home, environment, name }: DeployContext): string {
  return join(home, "run", "local", environment, name);
}
