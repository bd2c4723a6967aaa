/**
 * Reads the history of deployments. Only the newest record says what stands; older ones say how it came to be.
 *
 * @module
 */
import type { DeployContext } from "../adapters/adapter.ts";
import { BentoError } from "../core/bento-error.ts";
import type { Deployment } from "../core/deployment.ts";
import { nearest } from "../core/nearest.ts";
import { silent } from "../core/progress.ts";
import type { DeploymentKey, DeployRuntime } from "./runtime.ts";

/** The newest record of each deployment, destroyed ones included. */
export function listDeployments({ store }: DeployRuntime): AsyncIterable<Deployment> {
  return store.deployments.list();
}

/**
 * All records of one deployment, newest first.
 *
 * @throws BentoError BENTO_NOT_FOUND with the names that exist
 */
export async function* historyOf(
  key: DeploymentKey,
  runtime: DeployRuntime,
): AsyncIterable<Deployment> {
  await getDeployment(key, runtime);
  yield* runtime.store.deployments.history(key);
}

/**
 * The newest record of one deployment.
 *
 * @throws BentoError BENTO_NOT_FOUND with the names that exist
 */
export async function getDeployment(
  key: DeploymentKey,
  runtime: DeployRuntime,
): Promise<Deployment> {
  const record = await runtime.store.deployments.latest(key);
  if (record !== undefined) {
    return record;
  }
  throw new BentoError("BENTO_NOT_FOUND", `no deployment ${key.name}`, {
    where: `platform ${key.platform}, environment ${key.environment}`,
    hint: await whereElse(key, runtime),
  });
}

/** Where one of that name is; else which are where it was looked for. */
async function whereElse(key: DeploymentKey, runtime: DeployRuntime): Promise<string> {
  const names: string[] = [];
  const elsewhere: string[] = [];
  for await (const { platform, environment, name } of listDeployments(runtime)) {
    if (platform === key.platform && environment === key.environment) {
      names.push(name);
    } else if (name === key.name) {
      elsewhere.push(`--platform ${platform} --env ${environment}`);
    }
  }
  if (elsewhere.length > 0) {
    return `it is elsewhere: ${elsewhere.sort().join(", or ")}`;
  }
  const near = nearest(key.name, names);
  const have = names.length === 0 ? "none" : names.sort().join(", ");
  return `${near === undefined ? "" : `did you mean ${near}? `}deployments there: ${have}`;
}

/** What an adapter needs to know of its surroundings. */
export function contextOf(
  key: DeploymentKey,
  { latest, options }: { readonly latest?: Deployment | undefined; readonly options: unknown },
  runtime: DeployRuntime,
): DeployContext {
  return {
    environment: key.environment,
    name: key.name,
    details: latest === undefined || latest.outcome === "destroyed" ? undefined : latest.details,
    ...(options === undefined ? {} : { options }),
    home: runtime.home,
    projectDirectory: runtime.projectDirectory,
    ambient: runtime.ambient ?? {},
    onProgress: runtime.onProgress ?? silent,
    signal: runtime.signal,
  };
}
