/**
 * A platform in memory that keeps versions and splits traffic among them, for tests of what the engine and the commands
 * do with one that can. It notes what it is told and fails where a test says so.
 *
 * @module
 */
import * as z from "zod";
import type {
  Adapter,
  Candidate,
  Capabilities,
  DeployContext,
  DeployedVersion,
  Finding,
  Rollout,
  Shifted,
} from "../../adapters/adapter.ts";
import { noop, planOf } from "../../adapters/plan-of.ts";
import { BentoError } from "../../core/bento-error.ts";
import type { Deployment } from "../../core/deployment.ts";
import type { PlanAction } from "../../core/plan.ts";
import { formatTag } from "../../core/tag.ts";

const Options = z.strictObject({ region: z.string().default("here") });

type Step =
  | "observe"
  | "apply"
  | "verify"
  | "traffic"
  | "rollBack"
  | "shift"
  | "find"
  | "destroy"
  | "prune";

interface Version {
  readonly id: string;
  readonly bento: string;
  percent: number;
}

export interface ScriptedPlatform {
  readonly adapter: Adapter<typeof Options>;
  /** What was written, in words. */
  readonly calls: string[];
  /** Oldest first. */
  readonly versions: Version[];
  /** What the last call was told of where things are. */
  readonly seen: { context?: DeployContext; before?: Deployment | undefined };
  readonly findings: Finding[];
  /** Runs in place of a step of the next calls. */
  readonly script: Partial<Record<Step, () => void>>;
}

export const SCRIPTED = "scripted";
export const SCRIPTED_KEY = {
  platform: SCRIPTED,
  environment: "default",
  name: "stub-service",
} as const;

/** @param capabilities - other than those of a platform that can do everything but GPUs */
export function scriptedPlatform(capabilities: Partial<Capabilities> = {}): ScriptedPlatform {
  const platform: Omit<ScriptedPlatform, "adapter"> = {
    calls: [],
    versions: [],
    seen: {},
    findings: [],
    script: {},
  };
  const { versions, seen, script } = platform;
  const rollout = scriptedRollout(platform);
  const adapter: Adapter<typeof Options> = {
    platform: SCRIPTED,
    summary: "versions in memory",
    options: Options,
    capabilities: {
      apply: true,
      emit: { missing: "nothing to emit", instead: "apply it" },
      multiRequest: true,
      gpu: { missing: "no GPUs", instead: "leave resources.gpu out" },
      scaleToZero: true,
      canary: true,
      secrets: true,
      runs: "bento",
      inheritsEnvironment: false,
      ...capabilities,
    },
    peers: [],
    nameLimit: 40,
    async observe(context) {
      seen.context = context;
      script.observe?.();
      return versions.map((version) => ({ ...version }));
    },
    plan(desired, observed) {
      const wanted = formatTag(desired.bento);
      const percent = desired.canary ?? 100;
      const isThere = versions.some(
        (version) => version.bento === wanted && version.percent === percent,
      );
      const share: PlanAction = {
        kind: "traffic",
        resource: "service",
        reasons: [`${percent} % to ${wanted}`],
        risk: "none",
      };
      const version: PlanAction = { ...share, kind: "version", resource: wanted };
      const push: PlanAction = { ...share, kind: "push", resource: "image" };
      const pushed = desired.image === undefined ? [] : [push];
      const actions = isThere ? [noop("service")] : [...pushed, version, share];
      return planOf(SCRIPTED, desired, {
        actions,
        warnings: [],
        basis: { versions: z.json().parse(observed) },
      });
    },
    async *check(context) {
      seen.context = context;
      yield* platform.findings;
    },
    rollout,
  };
  return { ...platform, adapter };
}

function scriptedRollout(platform: Omit<ScriptedPlatform, "adapter">): Rollout<unknown> {
  const { versions, calls, script, seen } = platform;
  const details = { service: "arn:service" };
  const url = "https://service.test";
  const standing = (): Shifted => ({ details, url, versions: serving(versions) });
  const note = (step: Step, context: DeployContext, text?: string) => {
    seen.context = context;
    script[step]?.();
    if (text !== undefined) {
      calls.push(text);
    }
  };
  return {
    async apply({ desired }, context) {
      const bento = formatTag(desired.bento);
      note("apply", context, `make ${bento}`);
      if (!versions.some((version) => version.bento === bento)) {
        versions.push({ id: String(versions.length + 1), bento, percent: 0 });
      }
      return candidate(bento, { details, url });
    },
    async verify(_candidate, _request, context) {
      note("verify", context);
    },
    async traffic(_candidate, { desired }, context) {
      const bento = formatTag(desired.bento);
      note("traffic", context, `${desired.canary ?? 100} % to ${bento}`);
      split(versions, bento, desired.canary ?? 100);
      return { details, url };
    },
    async rollBack(_candidate, _request, context) {
      note("rollBack", context, "roll back");
      return serving(versions).length === 0 ? undefined : { details, url };
    },
    async status() {
      return { state: versions.length === 0 ? "gone" : "ready", summary: "in memory", url };
    },
    async *logs(_options, context) {
      yield `log of ${context.name}: ${JSON.stringify(context.details)}`;
    },
    async destroy(context) {
      note("destroy", context, "destroy");
      versions.length = 0;
    },
    async find(context) {
      note("find", context);
      return versions.length === 0 ? undefined : { details, url };
    },
    versions: async () => versions.toReversed().map((version) => ({ ...version })),
    async shift(shift, context) {
      note("shift", context, JSON.stringify(shift));
      const [whole, canary] = serving(versions, (a, b) => Number(a.id) - Number(b.id));
      if (whole === undefined || canary === undefined) {
        throw new BentoError("BENTO_CONFLICT", "no canary is under way");
      }
      const percent = shift.kind === "weight" ? shift.percent : shift.kind === "complete" ? 100 : 0;
      split(versions, percent === 0 ? whole.bento : (canary.bento ?? ""), percent || 100);
      return standing();
    },
    async restore({ to, before }, context) {
      seen.before = before;
      note("shift", context, `restore ${to ?? "what was before"}`);
      const wanted = to ?? (before === undefined ? undefined : formatTag(before.bento));
      const version = versions.find(({ id, bento }) => id === wanted || bento === wanted);
      if (version === undefined) {
        throw new BentoError("BENTO_NOT_FOUND", `no version ${wanted}`);
      }
      split(versions, version.bento, 100);
      return standing();
    },
    async prune({ recorded, keep, isDry }, context) {
      note("prune", context, isDry ? "look what could go" : "prune");
      return { removed: [`all but ${keep}`], kept: [...recorded].sort() };
    },
  };
}

/** The share for one, the rest for what had most. */
function split(versions: readonly Version[], bento: string | undefined, percent: number): void {
  const [most] = serving(versions).filter((version) => version.bento !== bento);
  for (const version of versions) {
    version.percent =
      version.bento === bento ? percent : version.id === most?.id ? 100 - percent : 0;
  }
}

function serving(
  versions: readonly Version[],
  order = (a: Version, b: Version) => b.percent - a.percent,
): DeployedVersion[] {
  return versions
    .filter(({ percent }) => percent > 0)
    .sort(order)
    .map((version) => ({ ...version }));
}

/** Answers as the stub bento does. */
function candidate(bento: string, standing: { details: Deployment["details"]; url: string }) {
  const made: Candidate = {
    ...standing,
    async send(path, init) {
      if (path === "/readyz") {
        return new Response("", { headers: { "x-bento": bento } });
      }
      const { x } = z.object({ x: z.number() }).parse(JSON.parse(String(init?.body)));
      return Response.json({ y: 2 * x });
    },
  };
  return made;
}
