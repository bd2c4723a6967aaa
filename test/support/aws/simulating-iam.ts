/**
 * IAM as far as a look before a deploy asks it: its simulator, which evaluates the caller's own policy, and roles and
 * policies of which there are none.
 *
 * @module
 */
import { AwsFailure, type AwsRequest, type AwsService } from "./aws-call.ts";
import { asMembers, listOf, textOf, textsOf } from "./members.ts";
import { evaluate } from "./policy/evaluate.ts";

export const simulatingIam: AwsService = {
  name: "iam",
  requirements: ({ action }) => [{ action: `iam:${action}`, resource: "*", context: {} }],
  async handle(request) {
    if (request.action === "SimulatePrincipalPolicy") {
      return { members: { EvaluationResults: simulate(request), IsTruncated: false } };
    }
    throw new AwsFailure("NoSuchEntity", `${request.action}: cannot be found.`, 404);
  },
};

function simulate({ parameters, principal }: AwsRequest): object[] {
  if (textOf(parameters, "PolicySourceArn") !== principal.arn) {
    throw new AwsFailure("NoSuchEntity", "the source is not the caller", 404);
  }
  const context = Object.fromEntries(
    listOf(parameters, "ContextEntries")
      .map(asMembers)
      .map((entry) => [textOf(entry, "ContextKeyName") ?? "", textsOf(entry, "ContextKeyValues")]),
  );
  return textsOf(parameters, "ActionNames").flatMap((action) =>
    textsOf(parameters, "ResourceArns").map((resource) => ({
      EvalActionName: action,
      EvalResourceName: resource,
      EvalDecision:
        principal.policy === undefined ||
        evaluate(principal.policy, { action, resource, context }) === "allow"
          ? "allowed"
          : "implicitDeny",
    })),
  );
}
