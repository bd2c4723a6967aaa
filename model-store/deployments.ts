/**
 * Records of deployments: what was applied where, newest first. They are history; the platform is the truth about what
 * runs.
 *
 * @module
 */
import { BentoError } from "../core/bento-error.ts";
import { canonicalJson } from "../core/canonical-json.ts";
import { Deployment } from "../core/deployment.ts";
import { type Chain, openChain } from "./chain.ts";
import { type Driver, isKey, type WaitOptions } from "./driver.ts";
import { DEPLOYMENTS_PREFIX, deploymentPrefix } from "./keys.ts";
import { children } from "./scan.ts";

/** Which deployment: a name on a platform in an environment. */
export type DeploymentPlace = Pick<Deployment, "environment" | "platform" | "name">;

export interface DeploymentStore {
  /**
   * Adds a record.
   *
   * @throws BentoError BENTO_INVALID_INPUT when its environment, platform or name cannot be a key; BENTO_CONFLICT, with
   * nothing added, when the newest record is not `after`
   */
  append(record: Deployment, options?: AppendOptions): Promise<void>;
  /** The newest record, undefined when nothing was ever deployed there. */
  latest(place: DeploymentPlace, options?: WaitOptions): Promise<Deployment | undefined>;
  /** The newest record that succeeded since the deployment was last destroyed: what runs there as far as is known. */
  running(place: DeploymentPlace, options?: WaitOptions): Promise<Deployment | undefined>;
  /** The newest record of each deployment, by environment, platform and name. */
  list(options?: WaitOptions): AsyncIterable<Deployment>;
  /** All records of a deployment, newest first. */
  history(place: DeploymentPlace, options?: WaitOptions): AsyncIterable<Deployment>;
}

export interface AppendOptions extends WaitOptions {
  /**
   * The newest record as the caller has read it; null when there was none.
   *
   * @default whatever it is
   */
  readonly after?: Deployment | null | undefined;
}

export interface DeploymentStoreOptions {
  readonly driver: Driver;
  readonly now: () => Date;
}

export function deploymentStore({ driver, now }: DeploymentStoreOptions): DeploymentStore {
  const chainOf = (place: DeploymentPlace) => chainAt(place, { driver, now });
  async function* history(
    place: DeploymentPlace,
    options?: WaitOptions,
  ): AsyncGenerator<Deployment, void> {
    for await (const { value } of chainOf(place).history(options)) {
      yield value;
    }
  }
  return {
    async append(record, { after, ...options } = {}) {
      await chainOf(record).append((head) => {
        refuseOther(head?.value, record, after);
        return record;
      }, options);
    },
    async latest(place, options) {
      return (await chainOf(place).head(options))?.value;
    },
    async running(place, options) {
      for await (const record of history(place, options)) {
        if (record.outcome === "succeeded" || record.outcome === "destroyed") {
          return record.outcome === "succeeded" ? record : undefined;
        }
      }
      return undefined;
    },
    async *list(options) {
      for await (const place of places(driver, options)) {
        const head = await chainOf(place).head(options);
        if (head !== undefined) {
          yield head.value;
        }
      }
    },
    history,
  };
}

function refuseOther(
  head: Deployment | undefined,
  { name, platform, environment }: Deployment,
  after: Deployment | null | undefined,
): void {
  if (after === undefined || canonicalJson(head ?? null) === canonicalJson(after)) {
    return;
  }
  const by = head?.by === undefined ? "" : ` by ${head.by}`;
  const what = head === undefined ? "its records are gone" : `${head.outcome} at ${head.at}${by}`;
  throw new BentoError("BENTO_CONFLICT", `${name} was changed by another deploy: ${what}`, {
    where: `platform ${platform}, environment ${environment}`,
    hint: `see what stands: bento deployment status ${name}; then deploy again`,
  });
}

function chainAt(
  { environment, platform, name }: DeploymentPlace,
  options: DeploymentStoreOptions,
): Chain<Deployment> {
  for (const part of [environment, platform, name]) {
    checkPart(part);
  }
  const prefix = deploymentPrefix(environment, platform, name);
  return openChain({ ...options, prefix, value: Deployment });
}

async function* places(
  driver: Driver,
  options?: WaitOptions,
): AsyncGenerator<DeploymentPlace, void> {
  for await (const environment of children(driver, DEPLOYMENTS_PREFIX, options)) {
    const inside = `${DEPLOYMENTS_PREFIX}${environment.name}/`;
    for await (const platform of children(driver, inside, options)) {
      for await (const { name } of children(driver, `${inside}${platform.name}/`, options)) {
        yield { environment: environment.name, platform: platform.name, name };
      }
    }
  }
}

function checkPart(part: string): void {
  if (part.includes("/") || !isKey(part)) {
    throw new BentoError(
      "BENTO_INVALID_INPUT",
      `cannot keep a deployment under ${JSON.stringify(part)}`,
      {
        hint: "environments, platforms and names are made of A-Z a-z 0-9 . _ - and start with a letter or digit",
      },
    );
  }
}
