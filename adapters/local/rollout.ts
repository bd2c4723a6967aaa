/**
 * Carries a plan out on this machine, new beside old: the old process is stopped only once the new one is verified, or
 * first where both want the same port; then a roll back starts it again.
 *
 * @module
 */
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { BentoError } from "../../core/bento-error.ts";
import { HIDDEN } from "../../core/secret-name.ts";
import type {
  ApplyRequest,
  Candidate,
  DeployContext,
  DeploymentStatus,
  Rollout,
  Standing,
} from "../adapter.ts";
import type { StartRequest } from "./engine.ts";
import { engineOf } from "./engines.ts";
import { knownProcess } from "./known-process.ts";
import { type LocalProcess, processOf, recordable, showProcess } from "./local-process.ts";
import { logLines } from "./log-file.ts";
import type { LocalOptions } from "./options.ts";
import { desiredProcess } from "./plan.ts";
import { assertPortFree, freePort } from "./port.ts";
import { forgetProcess, rememberedProcesses, rememberProcess } from "./process-files.ts";
import { askReadiness, waitUntilReady } from "./readiness.ts";
import { runFolder } from "./run-folder.ts";

export const localRollout: Rollout<LocalOptions> = {
  apply: applyLocal,
  async verify(candidate, { desired }, context) {
    const timeoutSeconds = desired.options.startTimeoutSeconds;
    await waitUntilReady(expectProcess(candidate), { timeoutSeconds }, context);
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
  await engineOf(options).check(context);
  const old = await knownProcess(context);
  if (old !== undefined && plan.actions.some((action) => action.risk === "interrupts")) {
    // it stays remembered: a roll back starts it again
    await engineOf(old).stop(old, context);
  }
  if (options.port !== undefined) {
    await assertPortFree(options.port, options.host);
  }
  const port = options.port ?? (await freePort(options.host));
  const request: StartRequest = {
    ...desiredProcess(desired),
    port,
    directory,
    // A file a version and port, so that the log of what still runs is never written over.
    log: join(runFolder(context), `${manifest.version}-${port}.log`),
    stopTimeoutSeconds: options.stopTimeoutSeconds,
  };
  const started = await start(request, context);
  return {
    ...standing(started),
    send: async (path, init) => await fetch(`${started.url}${path}`, init),
  };
}

async function start(request: StartRequest, context: DeployContext): Promise<LocalProcess> {
  const lost = Object.keys(request.variables).filter((key) => request.variables[key] === HIDDEN);
  if (lost.length > 0) {
    throw new BentoError(
      "BENTO_NOT_FOUND",
      `nothing has the values of ${lost.join(", ")} any more`,
      {
        where: runFolder(context),
        hint: `deploy again with ${lost.map((name) => `--set-env ${name}=…`).join(" ")}`,
      },
    );
  }
  const remember = (process: LocalProcess) => rememberProcess(runFolder(context), process);
  return await engineOf(request).start(request, { ...context, remember });
}

async function rollBackLocal(
  _candidate: Candidate | undefined,
  { desired }: ApplyRequest<LocalOptions>,
  context: DeployContext,
): Promise<Standing | undefined> {
  const old = await knownProcess(context);
  // not the candidate alone: where `apply` threw there is none, and it may have started one
  await stopAllBut(old, context);
  if (old === undefined) {
    return undefined;
  }
  if (await engineOf(old).isAlive(old, context)) {
    return standing(old);
  }
  const { pid: _pid, identity: _identity, url: _url, ...request } = old;
  const again = await start(request, context);
  await forgetProcess(runFolder(context), old);
  const timeoutSeconds = desired.options.startTimeoutSeconds;
  await waitUntilReady(again, { timeoutSeconds }, context);
  return standing(again);
}

async function statusLocal(context: DeployContext): Promise<DeploymentStatus> {
  const known = await knownProcess(context);
  if (known === undefined) {
    return await leftStatus(context);
  }
  if (!(await engineOf(known).isAlive(known, context))) {
    return { state: "gone", summary: `${showProcess(known)} is gone` };
  }
  const { isReady, serves } = await askReadiness(known.url, context.signal);
  return {
    state: isReady ? "ready" : "not-ready",
    summary: `${showProcess(known)} ${isReady ? "answers" : "is not ready"} at ${known.url}`,
    url: known.url,
    ...(serves === undefined ? {} : { serves }),
  };
}

/** What a deploy that was killed half-way has left where nothing stood before. */
async function leftStatus(context: DeployContext): Promise<DeploymentStatus> {
  for (const left of await rememberedProcesses(runFolder(context))) {
    if (await engineOf(left).isAlive(left, context)) {
      const summary = `${showProcess(left)} runs at ${left.url}, of a deploy that has not ended`;
      return { state: "not-ready", summary };
    }
  }
  return { state: "gone", summary: "nothing runs" };
}

async function* logsLocal(
  options: Parameters<Rollout["logs"]>[0],
  context: DeployContext,
): AsyncIterable<string> {
  const [left] = await rememberedProcesses(runFolder(context));
  const known = (await knownProcess(context)) ?? left;
  const path = context.details?.["log"];
  if (known !== undefined) {
    yield* engineOf(known).logs(known, options, context);
  } else if (typeof path === "string") {
    yield* logLines(path, { ...options, signal: context.signal });
  } else {
    throw new BentoError("BENTO_NOT_FOUND", `${context.name} has no log`, {
      where: `local, environment ${context.environment}`,
    });
  }
}

/** Stops what the record knows and what an interrupted deploy left. */
async function stopAllBut(kept: LocalProcess | undefined, context: DeployContext): Promise<void> {
  const recorded = processOf(context.details);
  const remembered = await rememberedProcesses(runFolder(context));
  for (const target of recorded === undefined ? remembered : [recorded, ...remembered]) {
    if (target.pid !== kept?.pid || target.identity !== kept.identity) {
      const engine = engineOf(target);
      await engine.stop(target, context);
      await forgetProcess(runFolder(context), target);
      if (target.image !== kept?.image || target.engine !== kept?.engine) {
        await engine.release(target, context);
      }
    }
  }
}

function standing(process: LocalProcess): Standing {
  return { details: recordable(process), url: process.url };
}

function expectProcess(candidate: Candidate): LocalProcess {
  const found = processOf(candidate.details);
  if (found === undefined) {
    throw new BentoError("BENTO_BUG", "a local candidate without a process");
  }
  return found;
}
