/**
 * Plans a deploy, shows it, and applies it.
 *
 * @module
 */
import { chmod, writeFile } from "node:fs/promises";
import { resolve } from "node:path";
import { BentoError } from "../../core/bento-error.ts";
import { formatPlan, isNoop, Plan, planDigest } from "../../core/plan.ts";
import { HIDDEN, hideSecrets } from "../../core/secret-name.ts";
import { formatTag } from "../../core/tag.ts";
import type { DeployRequest } from "../../deploy/plan.ts";
import type { DeployRuntime } from "../../deploy/runtime.ts";
import { confirm } from "../confirm.ts";
import type { CliContext } from "../context.ts";
import { refuseAbsentImage } from "../deploy-image.ts";
import { type DeployFlags, deployRequest } from "../deploy-request.ts";
import { deployRuntime } from "../deploy-runtime.ts";
import { ensurePeers } from "../ensure-peers.ts";
import { printDocument } from "../output.ts";
import { planText } from "../plan-text.ts";
import { drawProgress } from "../progress.ts";
import { readGiven } from "../read-given.ts";

const CHANGES_PENDING = 9;

/** @returns the exit code */
export async function deploy(
  context: CliContext,
  bento: string | undefined,
  flags: DeployFlags,
): Promise<number> {
  const runtime = await deployRuntime(context, flags, drawProgress(context, flags.json === true));
  if (flags.apply !== undefined) {
    if (bento !== undefined) {
      throw new BentoError("BENTO_USAGE", `--apply takes no bento, got ${JSON.stringify(bento)}`, {
        hint: "leave it out: the plan says what is deployed",
      });
    }
    const plan = await readPlan(context, flags.apply);
    const { loadAdapter } = await import("../../adapters/registry.ts");
    const adapter = await loadAdapter(plan.platform);
    await ensurePeers(context, adapter, flags.yes === true);
    await refuseAbsentImage(context, plan, adapter);
    return apply(context, { plan, flags, runtime });
  }
  const request = await deployRequest(context, bento, flags);
  if (flags.emit !== undefined) {
    return emit(context, { request, directory: flags.emit, flags, runtime });
  }
  const { createPlan } = await import("../../deploy/plan.ts");
  const plan = await createPlan(request, runtime);
  if (flags.out !== undefined) {
    const file = resolve(context.cwd, flags.out);
    // its owner's alone: values of --set-env stand in it
    await writeFile(file, formatPlan(plan), { mode: 0o600 });
    await chmod(file, 0o600); // one that was there keeps its mode
    if (flags.json === true) {
      await printDocument(context, { file, digest: planDigest(plan) }, "json");
    } else {
      context.out(`${file}\n`);
    }
    context.err(`next: bento deploy --apply ${flags.out}\n`);
  } else if (flags.plan === true) {
    context.out(flags.json === true ? formatPlan(shown(plan)) : planText(plan));
  } else {
    return apply(context, { plan, flags, runtime });
  }
  return flags.detailedExitcode === true && !isNoop(plan) ? CHANGES_PENDING : 0;
}

/** A plan to look at: values of secrets are in no terminal and no log of a CI job. */
function shown(plan: Plan): Plan {
  return { ...plan, variables: hideSecrets(plan.variables) };
}

interface Apply {
  readonly plan: Plan;
  readonly flags: DeployFlags;
  readonly runtime: DeployRuntime;
}

async function apply(context: CliContext, { plan, flags, runtime }: Apply): Promise<number> {
  if (!isNoop(plan)) {
    context.err(planText(plan));
    await confirm(context, "apply this plan?", flags.yes === true);
  }
  const { applyPlan } = await import("../../deploy/apply.ts");
  const { deployment, isChanged, goldenCount } = await applyPlan(plan, runtime, {
    verify: flags.verify,
  });
  if (flags.json === true) {
    await printDocument(context, { ...deployment, isChanged, goldenRequests: goldenCount }, "json");
    return 0;
  }
  context.out(`${deployment.url ?? deployment.name}\n`);
  if (deployment.canary !== undefined) {
    const name = `${deployment.name} --platform ${deployment.platform}`;
    const env = deployment.environment === "default" ? "" : ` --env ${deployment.environment}`;
    context.err(
      `${deployment.canary} % of the traffic goes to ${formatTag(deployment.bento)}; next: bento deployment complete ${name}${env}, or abort\n`,
    );
  }
  if (!isChanged) {
    context.err("nothing to do: this is what runs\n");
  } else if (goldenCount === 0 && deployment.verified) {
    context.err(
      "! the bento has no golden requests: add golden/<api>.jsonl to have answers checked before traffic\n",
    );
  }
  return 0;
}

interface Emit {
  readonly request: DeployRequest;
  readonly directory: string;
  readonly flags: DeployFlags;
  readonly runtime: DeployRuntime;
}

async function emit(
  context: CliContext,
  { request, directory, flags, runtime }: Emit,
): Promise<number> {
  const { emitDeployment } = await import("../../deploy/emit.ts");
  const emitted = await emitDeployment(request, resolve(context.cwd, directory), runtime);
  if (flags.json === true) {
    await printDocument(context, emitted, "json");
  } else {
    context.out(`${emitted.directory}\n`);
    context.err(`wrote ${emitted.files.join(", ")}\n`);
  }
  return 0;
}

async function readPlan(context: CliContext, file: string): Promise<Plan> {
  const path = resolve(context.cwd, file);
  const hint = "make one: bento deploy BENTO --platform local --out plan.json";
  const text = await readGiven(path, { noun: "plan", hint });
  let plan: Plan;
  try {
    plan = Plan.parse(JSON.parse(text));
  } catch (cause) {
    throw new BentoError("BENTO_INVALID_INPUT", "the file is no plan", {
      where: path,
      hint,
      cause,
    });
  }
  const hidden = Object.keys(plan.variables).filter((name) => plan.variables[name] === HIDDEN);
  if (hidden.length > 0) {
    throw new BentoError("BENTO_INVALID_INPUT", `the plan hides ${hidden.join(", ")}`, {
      where: path,
      hint: "a plan that is printed is for reading; write one to apply with --out",
    });
  }
  return plan;
}
