/**
 * Makes plans: desired minus observed. Nothing is written anywhere.
 *
 * @module
 */
import type { Adapter, Desired } from "../adapters/adapter.ts";
import { loadAdapter } from "../adapters/registry.ts";
import { BentoError } from "../core/bento-error.ts";
import { type BentoManifest, bentoDigest } from "../core/bento-manifest.ts";
import { cloudName } from "../core/cloud-name.ts";
import type { Deployment } from "../core/deployment.ts";
import type { Plan, PlannedBento, PlannedImage } from "../core/plan.ts";
import { formatTag, TAG_PART } from "../core/tag.ts";
import { imageFor, inheritedVariables, type Need, refuseUnmet } from "./needs.ts";
import { parseOptions } from "./options.ts";
import { contextOf } from "./records.ts";
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
  /** Per cent of the traffic for the new version at first. */
  readonly canary?: number | undefined;
  /** What the plan is for: what the platform cannot do is refused for that alone. @default "apply" */
  readonly purpose?: "apply" | "show" | "emit" | undefined;
}

/** A request that has been checked against its platform. */
export interface Prepared {
  readonly adapter: Adapter;
  readonly desired: Desired;
  readonly key: DeploymentKey;
}

/**
 * @throws BentoError BENTO_USAGE for a wrong platform, option or name; BENTO_UNSUPPORTED for what the platform cannot
 * do; BENTO_CONFLICT when the name is another bento's
 */
export async function createPlan(request: DeployRequest, runtime: DeployRuntime): Promise<Plan> {
  const { adapter, desired, key } = await prepare(request, runtime);
  const latest = await runtime.store.deployments.latest(key);
  refuseForeign(latest, desired);
  const observed = await adapter.observe(contextOf(key, latest, runtime), desired);
  return adapter.plan(desired, observed);
}

/** Checks a request and completes it with defaults. */
export async function prepare(request: DeployRequest, runtime: DeployRuntime): Promise<Prepared> {
  const { manifest, variables = {} } = request;
  const adapter = await loadAdapter(request.platform);
  refuseUnmet(adapter, needsOf(request));
  const environment = checkEnvironment(request.environment ?? DEFAULT_ENVIRONMENT);
  const options = parseOptions(adapter, request.options ?? {}, request.sets ?? []);
  const desired: Desired = {
    environment,
    name: deploymentName(adapter, manifest.name, { environment, name: request.name }),
    manifest,
    bento: plannedBento(manifest),
    image: imageFor(adapter, options, { manifest, image: request.image }),
    options,
    variables,
    inherited: inheritedVariables(adapter, manifest, {
      variables,
      ambient: runtime.ambient ?? {},
    }),
    canary: request.canary,
  };
  return { adapter, desired, key: { platform: adapter.platform, environment, name: desired.name } };
}

function needsOf({ purpose = "apply", manifest, canary }: DeployRequest): Need[] {
  const needs: Need[] = purpose === "show" ? [] : [purpose];
  if ((manifest.resources.gpu ?? 0) > 0) {
    needs.push("gpu");
  }
  if (canary !== undefined) {
    needs.push("canary");
  }
  return needs;
}

function plannedBento(manifest: BentoManifest): PlannedBento {
  return {
    name: manifest.name,
    version: manifest.version,
    digest: bentoDigest(manifest),
    models: Object.fromEntries(
      manifest.models.map((model) => [
        model.key,
        { tag: formatTag({ name: model.name, version: model.version }), digest: model.digest },
      ]),
    ),
  };
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
