/**
 * What had the traffic of a deployment, read from its records since it was last destroyed. A roll back takes away what
 * came after the version that it goes back to, so that a second one goes further back.
 *
 * @module
 */
import type { Deployment } from "../core/deployment.ts";
import { formatTag } from "../core/tag.ts";
import type { DeploymentKey, DeployStore } from "./runtime.ts";

export interface Served {
  /** What has all the traffic, or all but the canary's. */
  readonly current: Deployment | undefined;
  /** What has a share of it beside that. */
  readonly canary: Deployment | undefined;
  /** What had all the traffic before, the latest first. */
  readonly earlier: readonly Deployment[];
  /** Every record that succeeded, newest first. */
  readonly all: readonly Deployment[];
}

export async function servedBy(key: DeploymentKey, store: DeployStore): Promise<Served> {
  const all: Deployment[] = [];
  for await (const record of store.deployments.history(key)) {
    if (record.outcome === "destroyed") {
      break;
    }
    if (record.outcome === "succeeded") {
      all.push(record);
    }
  }
  const whole: Deployment[] = [];
  let canary: Deployment | undefined;
  for (const record of all.toReversed()) {
    canary = record.canary === undefined ? undefined : record;
    if (canary === undefined) {
      add(record, whole);
    }
  }
  const [current, ...earlier] = whole.reverse();
  return { current, canary, earlier, all };
}

/** The newest record of a bento that succeeded. */
export function servedAs(tag: string | undefined, { all }: Served): Deployment | undefined {
  return all.find(({ bento }) => formatTag(bento) === tag);
}

function add(record: Deployment, whole: Deployment[]): void {
  const isBack = record.change === "rollback" || record.change === "abort";
  const at = whole.findLastIndex((other) => isSame(other, record));
  if (at >= 0 && (isBack || at === whole.length - 1)) {
    whole.length = at;
  }
  whole.push(record);
}

function isSame(one: Deployment, other: Deployment): boolean {
  return one.plan === other.plan && one.bento.digest === other.bento.digest;
}
