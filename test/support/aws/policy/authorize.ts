/**
 * Refuses what a caller's policy does not allow, in AWS's words.
 *
 * @module
 */
import { AwsFailure, type AwsRequest, type Members } from "../aws-call.ts";
import { evaluate } from "./evaluate.ts";
import { type Requirements, requiredPermissions } from "./required-permissions.ts";

/** What the ARNs of a call are made of. */
export interface PolicyWorld {
  readonly account: string;
  readonly region: string;
  /** Looks at what is there, without rights or traces. */
  ask(service: string, action: string, parameters: Members): Promise<Members>;
  /** What a service says itself of its calls. */
  requirements(service: string): Requirements | undefined;
}

/** @throws AwsFailure AccessDenied with the action and the ARN that were refused */
export async function authorize(request: AwsRequest, world: PolicyWorld): Promise<void> {
  const { principal } = request;
  if (principal.policy === undefined) {
    return;
  }
  for (const permission of await requiredPermissions(request, world)) {
    const verdict = evaluate(principal.policy, permission);
    if (verdict !== "allow") {
      const { action, resource } = permission;
      const because =
        verdict === "deny"
          ? "with an explicit deny in an identity-based policy"
          : `because no identity-based policy allows the ${action} action`;
      throw new AwsFailure(
        "AccessDenied",
        `User: ${principal.arn} is not authorized to perform: ${action} on resource: ${resource} ${because}`,
        403,
      );
    }
  }
}
