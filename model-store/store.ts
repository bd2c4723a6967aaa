/**
 * A store: models, bentos and records of deployments in one place.
 *
 * @module
 */
import type { BentoStore } from "./bentos.ts";
import type { DeploymentStore } from "./deployments.ts";
import type { ModelStore } from "./models.ts";

/** Opened by `openStore`; hold it with `await using`. */
export interface Store extends AsyncDisposable {
  /** The place, as a user would write it after `--store`. */
  readonly url: string;
  readonly models: ModelStore;
  readonly bentos: BentoStore;
  readonly deployments: DeploymentStore;
}
