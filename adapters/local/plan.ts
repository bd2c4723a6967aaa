/**
 * What has to change on this machine. A process is never changed, only replaced: the new one runs beside the old one
 * until it is verified, unless both want the same port.
 *
 * @module
 */
import { canonicalJson } from "../../core/canonical-json.ts";
import type { Plan, PlanAction } from "../../core/plan.ts";
import { hideSecrets } from "../../core/secret-name.ts";
import { formatTag } from "../../core/tag.ts";
import type { Desired } from "../adapter.ts";
import { noop, planOf } from "../plan-of.ts";
import { type LocalObserved, type LocalProcess, showProcess } from "./local-process.ts";
import type { LocalEngine, LocalOptions } from "./options.ts";

export const LOCAL = "local";

/** What an engine starts, in its own words. */
const RESOURCES: Readonly<Record<LocalEngine, string>> = {
  process: "process",
  bwrap: "sandbox",
  podman: "podman container",
  docker: "docker container",
};

/** What is the same in two processes that need not be replaced by each other. */
export function desiredProcess(
  desired: Desired<LocalOptions>,
): Pick<
  LocalProcess,
  "engine" | "image" | "network" | "bento" | "host" | "variables" | "inherited"
> {
  const { engine, network } = desired.options;
  return {
    engine,
    ...(engine === "process" || desired.image === undefined ? {} : { image: desired.image.digest }),
    ...(engine === "podman" || engine === "docker" ? { network } : {}),
    bento: { tag: formatTag(desired.bento), digest: desired.bento.digest },
    host: desired.options.host,
    variables: { ...desired.manifest.docker.env, ...desired.variables },
    inherited: [...desired.inherited],
  };
}

export function planLocal(
  desired: Desired<LocalOptions>,
  observed: LocalObserved | undefined,
): Plan {
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
  const { port, engine } = desired.options;
  const resource = `${RESOURCES[engine]} ${desired.name}`;
  const wanted = desiredProcess(desired);
  const after = { ...shown(wanted), port: port ?? "a free one" };
  if (observed === undefined || !observed.isAlive) {
    const reason =
      observed === undefined ? "nothing runs" : `${showProcess(observed.process)} is gone`;
    return {
      action: { kind: "create", resource, after, reasons: [reason], risk: "none" },
      warnings: [],
    };
  }
  const reasons = differences(desired, observed);
  if (reasons.length === 0) {
    return { action: noop(resource), warnings: [] };
  }
  const { port: oldPort } = observed.process;
  const before = { ...shown(observed.process), port: oldPort };
  const risk = port === oldPort ? "interrupts" : "none";
  return {
    action: { kind: "replace", resource, before, after, reasons, risk },
    warnings: replaceWarnings(port, oldPort),
  };
}

/** As a plan shows it: the engine that is there by default is not worth a word, a secret's value none at all. */
function shown(wanted: ReturnType<typeof desiredProcess>) {
  const { engine, image, network, bento, host, variables, inherited } = wanted;
  return {
    ...(engine === "process" ? {} : { engine }),
    ...(image === undefined ? {} : { image }),
    ...(network === undefined ? {} : { network }),
    bento,
    host,
    variables: hideSecrets(variables),
    inherited,
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

/** Two images of one bento; where either is none, the engines differ. */
function isOther(old: string | undefined, wanted: string | undefined): boolean {
  return old !== undefined && wanted !== undefined && old !== wanted;
}

function differences(desired: Desired<LocalOptions>, observed: LocalObserved): string[] {
  const { process: old, serves } = observed;
  const wanted = desiredProcess(desired);
  const reasons: string[] = [];
  if (old.engine !== wanted.engine) {
    reasons.push(`engine ${old.engine} → ${wanted.engine}`);
  } else if (old.network !== wanted.network) {
    reasons.push(`network ${old.network} → ${wanted.network}`);
  }
  if (old.bento.digest === wanted.bento.digest && isOther(old.image, wanted.image)) {
    reasons.push(`image ${old.image} → ${wanted.image}`);
  }
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
