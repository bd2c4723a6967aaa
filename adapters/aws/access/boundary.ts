/**
 * The policy that bounds the roles which a deploy makes: a deploy may make none beyond it.
 *
 * @module
 */
import { cloudName } from "../../../core/cloud-name.ts";
import type { WhosePlace } from "./whose-place.ts";

const POLICY_CHARACTERS = 128;

/** @returns the policy that the options name, else the one that is to be made for this deployment */
export function boundaryOf(
  { partition, account }: WhosePlace,
  deployment: string,
  { permissionsBoundary }: { readonly permissionsBoundary?: string | undefined },
): { readonly arn: string } {
  const name = cloudName(`bento-boundary-${deployment}`, POLICY_CHARACTERS);
  return { arn: permissionsBoundary ?? `arn:${partition}:iam::${account}:policy/${name}` };
}
