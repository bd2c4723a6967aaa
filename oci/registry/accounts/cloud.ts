/**
 * Accounts that a cloud gives for its own registry, by the registry's host. The cloud's library is the user's and is
 * loaded only when such a host wants an account that nothing else knows.
 *
 * @module
 */
import type { CredentialRequest, CredentialSource, Credentials } from "../credentials.ts";
import type { Exchange } from "../exchange.ts";
import { acrCredentials } from "./acr.ts";
import { artifactRegistryCredentials } from "./artifact-registry.ts";
import { ecrCredentials } from "./ecr.ts";
import type { PeerLoader } from "./peer.ts";

export interface CloudOptions {
  readonly load: PeerLoader;
  /** @default Node's own client */
  readonly exchange?: Exchange | undefined;
}

/** Knows one cloud's registries. */
export interface CloudRegistry {
  /** Hosts of its registries. */
  readonly hosts: RegExp;
  credentials(host: string, options: CloudOptions): Promise<Credentials>;
}

const CLOUDS: readonly CloudRegistry[] = [
  ecrCredentials,
  artifactRegistryCredentials,
  acrCredentials,
];

/** @throws BentoError BENTO_MISSING_PEER with the line that installs the library; BENTO_UNREACHABLE when it has no account */
export function cloudCredentials(options: CloudOptions): CredentialSource {
  return async ({ host, isNeeded }: CredentialRequest) => {
    const cloud = CLOUDS.find(({ hosts }) => hosts.test(host));
    return cloud === undefined || !isNeeded ? undefined : await cloud.credentials(host, options);
  };
}
