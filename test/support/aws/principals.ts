/**
 * Credentials that the stand-ins know: an administrator's, and users with a policy each.
 *
 * @module
 */
import type { Principal } from "./aws-call.ts";

/** Of every key that the stand-ins give. */
export const SECRET = "secret-of-a-test";

export interface Principals {
  readonly admin: Principal;
  readonly byKey: ReadonlyMap<string, Principal>;
  /** A new user who may do what a policy document allows. */
  add(policy: unknown): Principal;
  /** Environment variables by which a process is a principal, and no other configuration counts. */
  environmentOf(principal: Principal, endpoint: string): Readonly<Record<string, string>>;
}

export function principals({ account, region }: { account: string; region: string }): Principals {
  const byKey = new Map<string, Principal>();
  const make = (name: string, policy?: unknown): Principal => {
    const number = String(byKey.size + 1).padStart(4, "0");
    const principal = {
      accessKeyId: `AKIATESTUSER0000${number}`,
      arn: `arn:aws:iam::${account}:user/${name}`,
      userId: `AIDATESTUSER0000${number}`,
      ...(policy === undefined ? {} : { policy }),
    };
    byKey.set(principal.accessKeyId, principal);
    return principal;
  };
  return {
    admin: make("admin"),
    byKey,
    add: (policy) => make(`limited-${byKey.size}`, policy),
    environmentOf: ({ accessKeyId }, endpoint) => ({
      AWS_ENDPOINT_URL: endpoint,
      AWS_ACCESS_KEY_ID: accessKeyId,
      AWS_SECRET_ACCESS_KEY: SECRET,
      AWS_REGION: region,
      AWS_DEFAULT_REGION: region,
      AWS_EC2_METADATA_DISABLED: "true",
      AWS_CONFIG_FILE: "/dev/null",
      AWS_SHARED_CREDENTIALS_FILE: "/dev/null",
    }),
  };
}
