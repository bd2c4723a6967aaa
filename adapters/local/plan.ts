/**
 * What has to change on this machine. A process is never changed, only replaced: the new one runs beside the old one
 * until it is verified, unless both want the same port.
 *
 * @module
 */
import { BentoError } from "../../core/bento-error.ts";
import { canonicalJson } from "../../core/canonical-json.ts";
import type { Plan, PlanAction } from "../../core/plan.ts";
import { formatTag } from "../../core/tag.ts";
import type { Desired } from "../adapter.ts";
import { noop, planOf } from "../plan-of.ts";
import type { LocalObserved, LocalProcess } from "./local-process.ts";
import type { LocalOptions } from "./options.ts";

export const LOCAL = "local";

/** What is the same in two processes that need not be replaced by each other. */
export function desiredProcess(
  desired: Desired<LocalOptions>,
): Pick<LocalProcess, "bento" | "host" | "variables" | "inherited"> {
  return {
    bento: { tag: formatTag(desired.bento), digest: desired.bento.digest },
    host: desired.options.host,
    variables: { ...desired.manifest.docker.env, ...desired.variables },
    inherited: [...desired.inherited],
  };
}

/**
 * @throws BentoError BENTO_UNSUPPORTED for an engine that is not there yet
 */
export function planLocal(
  desired: Desired<LocalOptions>,
  observed: LocalObserved | undefined,
): Plan {
  const { engine } = desired.options;
  if (engine !== "process") {
    throw new BentoError("BENTO_UNSUPPORTED", `the local engine ${engine} is not there yet`, {
      where: "--set engine",
      hint: `leave it out to run the bento as a process, or run its image yourself: bento containerize ${formatTag(desired.bento)}`,
    });
  }
  const { action, warnings } = decide(desired, observed);
  return planOf(LOCAL, desired, {
    actions: [action],
    warnings,
    basis:
      observed === undefined
        ? { pid: null }
        : {
            pid: observed.process.pid,
            identity: observed.process.identity,
            isAlive: observed.isAlive,
          },
  });
}

function decide(
  desired: Desired<LocalOptions>,
  observed: LocalObserved | undefined,
): { action: PlanAction; warnings: string[] } {
  const resource = `process ${desired.name}`;
  const { port } = desired.options;
  const after = { ...desiredProcess(desired), port: port ?? "a free one" };
  if (observed === undefined || !observed.isAlive) {
    const reason =
      observed === undefined ? "nothing runs" : `process ${observed.process.pid} is gone`;
    return {
      action: { kind: "create", resource, after, reasons: [reason], risk: "none" },
      warnings: [],
    };
  }
  const reasons = differences(desired, observed);
  if (reasons.length === 0) {
    return { action: noop(resource), warnings: [] };
  }
  const { bento, host, variables, inherited, port: oldPort } = observed.process;
  const before = { bento, host, variables, inherited, port: oldPort };
  const risk = port === oldPort ? "interrupts" : "none";
  return {
    action: { kind: "replace", resource, before, after, reasons, risk },
    warnings: replaceWarnings(port, oldPort),
  };
}

function replaceWarnings(port: number | undefined, oldPort: number): string[] {
  if (port === oldPort) {
    return [`port ${port} answers nothing while one process follows the other`];
  }
  return port === undefined
    ? ["the url changes, since a free port is chosen; --set port=… keeps one"]
    : [];
}

function differences(desired: Desired<LocalOptions>, observed: LocalObserved): string[] {
  const { process: old, serves } = observed;
  const wanted = desiredProcess(desired);
  const reasons: string[] = [];
  if (old.bento.digest !== wanted.bento.digest) {
    reasons.push(`bento ${old.bento.tag} → ${wanted.bento.tag}`);
  }
  if (desired.options.port !== undefined && desired.options.port !== old.port) {
    reasons.push(`port ${old.port} → ${desired.options.port}`);
  }
  if (old.host !== wanted.host) {
    reasons.push(`host ${old.host} → ${wanted.host}`);
  }
  if (canonicalJson(old.variables) !== canonicalJson(wanted.variables)) {
    reasons.push("environment variables");
  }
  if (canonicalJson(old.inherited) !== canonicalJson(wanted.inherited)) {
    reasons.push("inherited environment variables");
  }
  if (serves !== undefined && serves !== old.bento.tag) {
    reasons.push(`it serves ${serves} instead of ${old.bento.tag}`);
  }
  return reasons;
}
