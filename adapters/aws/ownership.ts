/**
 * Whose a resource is: the label `bento:name` says it, and what is another bento's is never changed.
 *
 * @module
 */
import { BentoError } from "../../core/bento-error.ts";

/** Tag that names the bento; on every resource of ours. */
export const NAME_TAG = "bento:name";
/** Tag of a function: digest of what it is set to. */
export const SPEC_TAG = "bento:spec";

/** Tag of a function whose versions and traffic the CLI moves: `cli`. */
export const TRAFFIC_TAG = "bento:traffic";

export interface Labelled {
  /** What it is, e.g. `stack bento-iris`. */
  readonly what: string;
  readonly tags: Readonly<Record<string, string>>;
}

/**
 * @throws BentoError BENTO_CONFLICT when it has another bento's label, or none: then it is not ours
 */
export function checkOwner({ what, tags }: Labelled, bentoName: string): void {
  const owner = tags[NAME_TAG];
  if (owner === bentoName) {
    return;
  }
  const whose = owner === undefined ? "no bento's" : `the bento ${JSON.stringify(owner)}'s`;
  throw new BentoError("BENTO_CONFLICT", `${what} is ${whose}, not ${bentoName}'s`, {
    where: what,
    hint: "deploy under another name with --name, or destroy what is there first",
  });
}
