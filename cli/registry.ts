/**
 * How commands talk to image registries: with the accounts of this machine's user, through the user's proxy.
 *
 * @module
 */
import { homedir } from "node:os";
import { cloudCredentials } from "../oci/registry/accounts/cloud.ts";
import { dockerCredentials } from "../oci/registry/accounts/docker-config.ts";
import { environmentCredentials } from "../oci/registry/accounts/environment.ts";
import { peerLoader } from "../oci/registry/accounts/peer.ts";
import { firstCredentials } from "../oci/registry/credentials.ts";
import type { RegistryOptions } from "../oci/registry/session.ts";
import type { CliContext } from "./context.ts";

/**
 * @param host - the registry that the command works on; the account in the environment is for it alone
 * @default host none: a base is read with the accounts of docker login and of clouds
 */
export function registryOptions(context: CliContext, host = ""): RegistryOptions {
  const { environment, cwd, signal } = context;
  const home = environment["HOME"] ?? homedir();
  return {
    credentials: firstCredentials(
      environmentCredentials(environment, host),
      dockerCredentials({ environment, home }),
      cloudCredentials({ load: peerLoader(cwd) }),
    ),
    proxies: environment,
    signal,
  };
}
