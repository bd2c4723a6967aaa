/**
 * Whether the caller may do what a deploy does: asked of IAM's simulator, statement by statement of the policy that
 * `bento deployment policy` prints. Nothing is done.
 *
 * @module
 */
import type { ContextEntry } from "@aws-sdk/client-iam";
import type { Finding } from "../../adapter.ts";
import type { PolicyDocument, PolicyStatement } from "../access/policy-document.ts";
import { parseArn } from "../arn.ts";
import { awsCall, isAccessDenied } from "../aws-error.ts";
import { policyLine } from "../aws-refusal.ts";
import type { AwsSession } from "../session.ts";
import { fine, looked, problem, warning } from "./findings.ts";

const CHECK = "permissions";
const ACTION = "iam:SimulatePrincipalPolicy";
const MOST_SHOWN = 6;

export async function checkPermissions(
  session: AwsSession,
  policy: PolicyDocument,
): Promise<Finding> {
  return await looked({ check: CHECK, action: ACTION }, async () => {
    const source = await principalArn(session);
    if (source === undefined) {
      return warning(
        CHECK,
        `not looked at: IAM does not simulate for ${session.callerArn}`,
        `hold its rights against ${policyLine(session)}`,
      );
    }
    const answers = await Promise.all(
      policy.Statement.map((statement) => deniedBy(session, source, statement)),
    );
    const denied = answers.flat();
    const count = new Set(policy.Statement.flatMap(({ Action }) => Action)).size;
    return denied.length === 0
      ? fine(CHECK, `${count} actions allowed`)
      : problem(
          CHECK,
          deniedText(denied),
          `let an administrator allow what ${policyLine(session)} prints`,
        );
  });
}

function deniedText(denied: readonly string[]): string {
  const shown = denied.slice(0, MOST_SHOWN);
  const rest = denied.length - shown.length;
  return `not allowed: ${shown.join(", ")}${rest > 0 ? ` and ${rest} more` : ""}`;
}

/** @returns the actions that are not allowed, with what on */
async function deniedBy(
  session: AwsSession,
  source: string,
  { Action, Resource, Condition }: PolicyStatement,
): Promise<string[]> {
  const client = await session.iam();
  const [resource = "*"] = Resource;
  const request = { action: ACTION, resource: source };
  const input = {
    PolicySourceArn: source,
    ActionNames: [...Action],
    // one of what the pattern stands for
    ResourceArns: [resource.replaceAll("*", "bento")],
    ContextEntries: contextOf(Condition),
  };
  const denied: string[] = [];
  let marker: string | undefined;
  do {
    const page = await awsCall(session, request, (call) =>
      client.simulatePrincipalPolicy(
        { ...input, ...(marker === undefined ? {} : { Marker: marker }) },
        call,
      ),
    );
    for (const { EvalActionName, EvalDecision } of page.EvaluationResults ?? []) {
      if (EvalDecision !== "allowed" && EvalActionName !== undefined) {
        denied.push(`${EvalActionName} on ${resource}`);
      }
    }
    marker = page.IsTruncated === true ? page.Marker : undefined;
  } while (marker !== undefined);
  return denied;
}

/** The condition's own values, as the calls of a deploy would bring them. */
function contextOf(condition: PolicyStatement["Condition"] = {}): ContextEntry[] {
  return Object.values(condition).flatMap((keys) =>
    Object.entries(keys).map(([key, values]) => ({
      ContextKeyName: key,
      ContextKeyType: "string" as const,
      ContextKeyValues: [values].flat().map((value) => value.replaceAll("*", "bento")),
    })),
  );
}

/** A user, or the role behind an assumed one, whose path only IAM knows. */
async function principalArn(session: AwsSession): Promise<string | undefined> {
  const { resource = "", service } = parseArn(session.callerArn) ?? {};
  if (service === "iam" && /^(?:user|role)\//.test(resource)) {
    return session.callerArn;
  }
  const [, role] = /^assumed-role\/([^/]+)\//.exec(resource) ?? [];
  if (role === undefined) {
    return undefined;
  }
  const client = await session.iam();
  const guess = `arn:${session.partition}:iam::${session.account}:role/${role}`;
  const request = { action: "iam:GetRole", resource: guess };
  try {
    const found = await awsCall(session, request, (call) =>
      client.getRole({ RoleName: role }, call),
    );
    return found.Role?.Arn ?? guess;
  } catch (error) {
    if (!isAccessDenied(error)) {
      throw error;
    }
    return guess;
  }
}
