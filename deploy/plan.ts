/**
 * Makes plans: desired minus observed. Nothing is written anywhere.
 *
 * @module
 */
import type { Adapter, DeployContext, Desired } from "../adapters/adapter.ts";
import { BentoError } from "../core/bento-error.ts";
import type { BentoManifest } from "../core/bento-manifest.ts";
import { cloudName } from "../core/cloud-name.ts";
import type { Deployment } from "../core/deployment.ts";
import type { Plan, PlannedImage } from "../core/plan.ts";
import { TAG_PART } from "../core/tag.ts";
import { tellMovedAliases } from "./aliases.ts";
import { checkPercent, refuseOtherCanary } from "./canary.ts";
import { imageFor, inheritedVariables, type Need, refuseUnmet } from "./needs.ts";
import { parseOptions } from "./options.ts";
import { plannedBento } from "./planned-bento.ts";
import { contextOf } from "./records.ts";
import { adapterOf } from "./rollout-of.ts";
import type { DeploymentKey, DeployRuntime } from "./runtime.ts";

/** The environment when none is named. */
export const DEFAULT_ENVIRONMENT = "default";

export interface DeployRequest {
  /** As typed after `--platform`. */
  readonly platform: string;
  /** @default "default" */
  readonly environment?: string | undefined;
  /** @default the bento's name as the platform takes it, with the environment when it is not the default one */
  readonly name?: string | undefined;
  readonly manifest: BentoManifest;
  /** Needed where the platform runs images; ignored elsewhere. */
  readonly image?: PlannedImage | undefined;
  /** The platform's options from bentofile.yaml. @default {} */
  readonly options?: Readonly<Record<string, unknown>> | undefined;
  /** `key=value` over those. @default [] */
  readonly sets?: readonly string[] | undefined;
  /** Environment variables given in clear. @default {} */
  readonly variables?: Readonly<Record<string, string>> | undefined;
  /** Environment variables whose values the platform reads, by reference. @default none */
  readonly secrets?: Readonly<Record<string, string>> | undefined;
  /** Tags of models by their name in the service, where they were asked for since the bento was made. @default {} */
  readonly asked?: Readonly<Record<string, string>> | undefined;
  /** Per cent of the traffic for the new version at first: a whole number, 1 to 99. */
  readonly canary?: number | undefined;
  /**
   * What the plan is for: what the platform cannot do is refused for that alone. A sketch asks nobody what stands: it is
   * the plan of a first deploy, to look at.
   *
   * @default "apply"
   */
  readonly purpose?: "apply" | "show" | "sketch" | "emit" | undefined;
}

/** A request that has been checked against its platform. */
export interface Prepared {
  readonly adapter: Adapter;
  readonly desired: Desired;
  readonly key: DeploymentKey;
}

/**
 * @throws BentoError BENTO_USAGE for a wrong platform, option or name; BENTO_UNSUPPORTED for what the platform cannot
 * do; BENTO_CONFLICT when the name is another bento's, or the canary of another version is under way
 */
export async function createPlan(request: DeployRequest, runtime: DeployRuntime): Promise<Plan> {
  const prepared = await prepare(request, runtime);
  if (request.purpose === "sketch") {
    return prepared.adapter.plan(prepared.desired, undefined);
  }
  const { plan } = await planPrepared(prepared, runtime);
  await tellMovedAliases(plan, runtime);
  return plan;
}

/** A plan with all that it was made from. */
export interface Planned {
  readonly plan: Plan;
  readonly context: DeployContext;
  /** The newest record. */
  readonly latest: Deployment | undefined;
}

/** The plan of a request that has been checked, as things stand now. */
export async function planPrepared(
  { adapter, desired, key }: Prepared,
  runtime: DeployRuntime,
): Promise<Planned> {
  const { store } = runtime;
  const latest = await store.deployments.latest(key);
  refuseForeign(latest, desired);
  const context = contextOf(key, { latest, options: desired.options }, runtime);
  await refuseOtherCanary({ key, desired, context, rollout: adapter.rollout }, store);
  const observed = await adapter.observe(context, desired);
  return { plan: adapter.plan(desired, observed), context, latest };
}

/** Checks a request and completes it with defaults. */
export async function prepare(request: DeployRequest, runtime: DeployRuntime): Promise<Prepared> {
  const { manifest, variables = {}, secrets = {}, canary } = request;
  if (canary !== undefined) {
    checkPercent(canary, "--canary");
  }
  refuseTwice(variables, secrets);
  const adapter = await adapterOf(request.platform, runtime);
  refuseUnmet(adapter, needsOf(request));
  const environment = checkEnvironment(request.environment ?? DEFAULT_ENVIRONMENT);
  const options = parseOptions(adapter, request.options ?? {}, request.sets ?? []);
  const desired: Desired = {
    environment,
    name: deploymentName(adapter, manifest.name, { environment, name: request.name }),
    manifest,
    bento: plannedBento(manifest, request.asked),
    image: imageFor(adapter, options, { manifest, image: request.image }),
    options,
    variables,
    inherited: inheritedVariables(adapter, manifest, {
      variables: { ...variables, ...secrets },
      ambient: runtime.ambient ?? {},
    }),
    ...(Object.keys(secrets).length === 0 ? {} : { secrets }),
    canary,
  };
  return { adapter, desired, key: { platform: adapter.platform, environment, name: desired.name } };
}

/** A variable is given in clear or by reference. */
function refuseTwice(
  variables: Readonly<Record<string, string>>,
  secrets: Readonly<Record<string, string>>,
): void {
  const both = Object.keys(secrets).filter((name) => variables[name] !== undefined);
  if (both.length > 0) {
    throw new BentoError("BENTO_USAGE", `${both.join(", ")} is given in clear and as a secret`, {
      where: "--secret",
      hint: "leave --set-env out for it",
    });
  }
}

function needsOf({ purpose = "apply", manifest, canary, secrets = {} }: DeployRequest): Need[] {
  const needs: Need[] = purpose === "show" || purpose === "sketch" ? [] : [purpose];
  if ((manifest.resources.gpu ?? 0) > 0) {
    needs.push("gpu");
  }
  if (canary !== undefined) {
    needs.push("canary");
  }
  if (Object.keys(secrets).length > 0) {
    needs.push("secrets");
  }
  return needs;
}

function checkEnvironment(environment: string): string {
  if (!TAG_PART.test(environment)) {
    throw new BentoError("BENTO_USAGE", `not an environment: ${JSON.stringify(environment)}`, {
      where: "--env",
      hint: "write it with 1 to 63 of a-z 0-9 . _ -, e.g. prod",
    });
  }
  return environment;
}

function deploymentName(
  { nameLimit, platform }: Adapter,
  bento: string,
  given: { environment: string; name: string | undefined },
): string {
  if (given.name === undefined) {
    const isDefault = given.environment === DEFAULT_ENVIRONMENT;
    return cloudName(isDefault ? bento : `${bento}-${given.environment}`, nameLimit);
  }
  if (cloudName(given.name, nameLimit) !== given.name || !/^[a-z][a-z0-9-]*$/.test(given.name)) {
    throw new BentoError(
      "BENTO_USAGE",
      `not a name for ${platform}: ${JSON.stringify(given.name)}`,
      {
        where: "--name",
        hint: `write it with 1 to ${nameLimit} of a-z 0-9 -, a letter first, e.g. ${cloudName(bento, nameLimit)}`,
      },
    );
  }
  return given.name;
}

/** Names of two bentos may become one on a platform; what carries another's name is never touched. */
function refuseForeign(latest: Deployment | undefined, desired: Desired): void {
  const isForeign =
    latest !== undefined &&
    latest.outcome !== "destroyed" &&
    latest.bento.name !== desired.bento.name;
  if (isForeign) {
    throw new BentoError(
      "BENTO_CONFLICT",
      `the deployment ${desired.name} is of the bento ${latest.bento.name}, not of ${desired.bento.name}`,
      {
        where: `platform ${latest.platform}, environment ${latest.environment}`,
        hint: "give this one another name with --name",
      },
    );
  }
}
